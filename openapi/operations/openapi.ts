/** GET /openapi.json */
import type { Model, Operation } from "../operation.ts";

/** Of its own schema it says what a reader looks for first. */
const described: Model = {
  name: "OpenApiDocument",
  schema: {
    description: "An OpenAPI document: https://spec.openapis.org/oas/v3.1.1.html",
    type: "object",
    properties: {
      openapi: { description: "The version of OpenAPI.", type: "string", pattern: "^3\\.1\\.\\d+$" },
      info: { description: "What it is called, and what holds for all operations.", type: "object" },
      paths: { description: "The operations, by path and method.", type: "object" },
    },
    required: ["openapi", "info", "paths"],
  },
  example: { openapi: "3.1.1", info: { title: "photo-uploader", version: "1.0.0" }, paths: {} },
};

export const openapi: Operation = {
  tag: "Description",
  summary: "Get this document",
  description: "It is the one of the version that is deployed. Caches may keep it for five minutes.",
  answers: { 200: { about: "The document.", json: described } },
};
