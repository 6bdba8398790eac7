/** `npm run openapi`: writes openapi.json, the document that is committed and deployed. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { openapi_document } from "./document.ts";

export const OPENAPI_FILE = path.join(import.meta.dirname, "..", "openapi.json");

export const openapi_text = (): string => `${JSON.stringify(openapi_document(), null, 2)}\n`;

if (import.meta.main) {
  const text = openapi_text();
  writeFileSync(OPENAPI_FILE, text);
  process.stdout.write(`openapi.json: ${text.length} characters\n`);
}
