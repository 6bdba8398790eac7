/** GET /openapi.json: what this API is, as OpenAPI 3.1 says it. The document is a part of the bundle. */
import { no_body } from "../middleware/no_body.ts";
import { public_pipeline } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import document from "../openapi.json" with { type: "json" };

/** It is everyone's, and changes with a deployment only. */
const CACHED = "public, max-age=300";

export const openapi = (described: object) => async (): Promise<Reply> => ({
  status: 200,
  headers: { "cache-control": CACHED },
  body: described,
});

export const handler = public_pipeline(no_body(), openapi(document));
