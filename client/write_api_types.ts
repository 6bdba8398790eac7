/** `npm run types -w client`: writes api_types.ts, the types of the API as openapi.json has them. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import openapi_types, { astToString } from "openapi-typescript";

const DOCUMENT = join(import.meta.dirname, "..", "openapi.json");
export const API_TYPES = join(import.meta.dirname, "api_types.ts");

const HEAD = `/** Made of openapi.json by \`npm run types -w client\`; do not edit. */\n`;

export async function api_types(): Promise<string> {
  return (
    HEAD + astToString(await openapi_types(await readFile(DOCUMENT, "utf8"), { defaultNonNullable: false }))
  );
}

if (import.meta.main) await writeFile(API_TYPES, await api_types());
