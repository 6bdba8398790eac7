/** GET /docs on this machine: openapi.json to read and to try in a browser, by Swagger UI, which asks nobody else. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Answer } from "./gateway/answer.ts";

const { resolve } = createRequire(import.meta.url);

/** What the page may load, and ask: this gateway, and the S3 of this machine, to which large photos are redirected. */
const POLICY =
  "default-src 'self'; connect-src 'self' http://127.0.0.1:*; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'";

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>photo-uploader</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** Without a validator's badge, which would be asked of a site on the network. */
const START = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  validatorUrl: null,
  persistAuthorization: true,
  displayRequestDuration: true,
});
`;

const page = (type: string, body: Buffer): Answer => ({
  status: 200,
  headers: [
    ["content-type", type],
    ["content-security-policy", POLICY],
    ["x-content-type-options", "nosniff"],
  ],
  body,
});

const of_package = (file: string, type: string): [string, () => Answer] => [
  `GET /docs/${file}`,
  () => page(type, readFileSync(resolve(`swagger-ui-dist/${file}`))),
];

/** By route key. A file is read when it is asked for: who never looks need not wait for it. */
export const docs_pages = (): ReadonlyMap<string, () => Answer> =>
  new Map([
    ["GET /docs", () => page("text/html; charset=utf-8", Buffer.from(HTML))],
    ["GET /docs/start.js", () => page("text/javascript; charset=utf-8", Buffer.from(START))],
    of_package("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    of_package("swagger-ui.css", "text/css; charset=utf-8"),
    of_package("favicon-32x32.png", "image/png"),
  ]);
