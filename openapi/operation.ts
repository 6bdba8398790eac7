/** What is said of an operation beside what the schemas and the table of functions say. */
import type * as z from "zod";
import type { ProblemCode } from "../layer/errors.ts";
import { type Fields, type JsonSchema, json_schema } from "./json_schema.ts";

/** A JSON value that has a name of its own in the document. */
export interface Model {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly example: unknown;
}

interface ModelText<Schema extends z.core.$ZodType> {
  readonly name: string;
  readonly fields: Fields<z.output<Schema>>;
  readonly example: z.input<Schema>;
}

/** What a client sends. */
export const request_model = <Schema extends z.core.$ZodType>(
  schema: Schema,
  { name, fields, example }: ModelText<Schema>,
): Model => ({ name, schema: json_schema(schema, "input", fields), example });

/** What it is answered. */
export const response_model = <Schema extends z.core.$ZodType>(
  schema: Schema,
  { name, fields, example }: ModelText<Schema>,
): Model => ({ name, schema: json_schema(schema, "output", fields), example });

/** A form with one file. */
export interface FormBody {
  /** The field of the file. */
  readonly field: string;
  readonly about: string;
}

export interface RequestBody {
  readonly json?: Model;
  /** Whether no body at all is as good as an empty object. */
  readonly may_be_empty?: boolean;
  readonly form?: FormBody;
}

/** The headers of an answer that the document explains. */
export type HeaderName = "Location" | "ETag" | "Content-Disposition";

export interface SuccessAnswer {
  readonly about: string;
  readonly json?: Model;
  /** A body that is not JSON: its media type. */
  readonly bytes?: string;
  readonly headers?: readonly HeaderName[];
}

export type SuccessStatus = 200 | 201 | 202 | 204 | 303;

export type Tag = "Sign-in" | "Photos" | "Uploads" | "Archives" | "Description";

export interface Operation {
  readonly tag: Tag;
  readonly summary: string;
  /** CommonMark. */
  readonly description: string;
  readonly body?: RequestBody;
  readonly answers: Readonly<Partial<Record<SuccessStatus, SuccessAnswer>>>;
  /** Whose outages it may answer with. */
  readonly asks?: "storage" | "identity";
  /** What it can answer beside the problems of every body of this kind, of the pipeline, and of whom it asks. */
  readonly problems?: readonly ProblemCode[];
}

/** As `middleware/pipeline.ts` and `middleware/problem_details.ts` throw them. */
const ANY: readonly ProblemCode[] = ["internal_error", "timeout"];
const AUTHORIZED: readonly ProblemCode[] = ["unauthenticated"];
const JSON_BODY: readonly ProblemCode[] = ["malformed_json", "invalid_request", "unsupported_media_type"];
const FORM_BODY: readonly ProblemCode[] = [
  "malformed_multipart",
  "missing_file",
  "too_many_files",
  "empty_file",
  "unsupported_media_type",
];
const ASKED: Readonly<Record<NonNullable<Operation["asks"]>, readonly ProblemCode[]>> = {
  storage: ["storage_refused", "storage_unavailable"],
  identity: ["identity_refused", "identity_unavailable"],
};

/** Every code that an operation can answer. */
export function problem_codes(
  { body, asks, problems = [] }: Operation,
  authorized: boolean,
): Set<ProblemCode> {
  return new Set([
    ...(body?.json === undefined ? [] : JSON_BODY),
    ...(body?.form === undefined ? [] : FORM_BODY),
    ...(authorized ? AUTHORIZED : []),
    ...problems,
    ...ANY,
    ...(asks === undefined ? [] : ASKED[asks]),
  ]);
}
