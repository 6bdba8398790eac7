/** The API's own names for what goes to it and comes back, out of the types that openapi.json makes. */
import type { components, paths } from "./api_types.ts";

export type Schemas = components["schemas"];

type Post<Path extends keyof paths> = paths[Path] extends { post: infer Operation } ? Operation : never;
type JsonOf<Content> = Content extends { content: { "application/json": infer Body } } ? Body : never;

/** What a POST to the endpoint sends. */
export type RequestOf<Path extends keyof paths> =
  Post<Path> extends { requestBody?: infer Body } ? JsonOf<NonNullable<Body>> : never;

/** What an endpoint answers when all is well; undefined where its answer has no body. */
export type AnswerOf<Path extends keyof paths> =
  Post<Path> extends { responses: infer Responses }
    ? 204 extends keyof Responses
      ? undefined
      : JsonOf<Responses[Extract<keyof Responses, 200 | 201 | 202>]>
    : never;

/** The endpoints that are sent JSON. */
export type Endpoint = {
  [Path in keyof paths]: [RequestOf<Path>] extends [never] ? never : Path;
}[keyof paths];

/** The endpoints that are sent a form with a file. */
export type FormEndpoint = "/upload_single_photo" | "/unzip";

export type Problem = Schemas["Problem"];
export type Photo = Schemas["ListResponse"]["photos"][number];
/** What is known of a photo once it is stored; there may be more. */
export type UploadedPhoto = Schemas["UploadCompleted"];
/** What has become of an entry of an archive. */
export type EntryOutcome = Schemas["JobResponse"]["outcomes"][number];
