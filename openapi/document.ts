/** Puts the OpenAPI document together, of the table of functions, the schemas, the problems and what is said of them. */
import { type ProblemCode, problem } from "../layer/errors.ts";
import { read_functions_table } from "../local/functions_table.ts";
import { gateway_schema, gateway_texts } from "./gateway.ts";
import type { HeaderName, Model, Operation, RequestBody, SuccessAnswer, Tag } from "./operation.ts";
import { problem_codes } from "./operation.ts";
import { operations } from "./operations/index.ts";
import { problem_schema, problem_texts } from "./problems.ts";

/** A part of the document, as JSON has it. */
type Part = Readonly<Record<string, unknown>>;

const TAGS: Readonly<Record<Tag, string>> = {
  "Sign-in": "Tokens, for a password or for another token.",
  Photos: "Photos of the user whose token is sent; nobody else's are ever touched.",
  Uploads: "Large files, which the client sends to S3 itself.",
  Archives: "ZIP archives, of which every photo is stored.",
  Description: "This document.",
};

const DESCRIPTION = `Photos, and archives of photos, of the users of a Cognito user pool.

Bodies are JSON in UTF-8 unless the operation takes a file. Fields of JSON that are not named here are refused. Times are
ISO 8601 in UTC with milliseconds, sizes are bytes, and lengths of texts are counted in units of UTF-16.

What goes wrong is answered as problem details (RFC 9457), \`application/problem+json\`, with a stable \`code\`. The gateway's own
answers are \`{"message": "…"}\` as \`application/json\`: so the same status may come with either. A method and a path that are not
named here are answered 404 by the gateway.

To ask an operator about a request, name the header \`apigw-requestid\` of its answer.`;

/** The whole document, always in the same order. */
export function openapi_document(): Part {
  const table = read_functions_table();
  const shared = new Map<string, Part>();
  const paths = Object.entries(operations).map(([name, operation]) => {
    const { route = "", authorized = false } = table[name] ?? {};
    const [method = "", path = ""] = route.split(" ");
    return [path, { [method.toLowerCase()]: operation_object(name, operation, authorized, shared) }] as const;
  });
  return {
    openapi: "3.1.1",
    info: { title: "photo-uploader", version: "1.0.0", description: DESCRIPTION },
    servers: [{ url: "/", description: "Where this document was fetched from." }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(paths),
    components: {
      responses: Object.fromEntries([...shared].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      schemas: { ...model_schemas(), Problem: problem_schema, GatewayMessage: gateway_schema },
      headers: HEADERS,
      examples: { ...problem_examples(), ...gateway_examples() },
      securitySchemes: {
        token: {
          type: "apiKey",
          in: "header",
          name: "JWT",
          description:
            "The access token of `/login`, with or without a leading `Bearer `. An operator may have given the header another name.",
        },
      },
    },
  };
}

/** @param shared takes the responses of failures, which are the same for many operations */
function operation_object(
  name: string,
  operation: Operation,
  authorized: boolean,
  shared: Map<string, Part>,
): Part {
  const { tag, summary, description, body, answers } = operation;
  return {
    operationId: name,
    tags: [tag],
    summary,
    description,
    security: authorized ? [{ token: [] }] : [],
    ...(body && { requestBody: request_body(body) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, success_response(answer)]),
      ),
      ...failure_responses(problem_codes(operation, authorized), authorized, shared),
    },
  };
}

const schema_ref = (name: string): Part => ({ $ref: `#/components/schemas/${name}` });
const header_ref = (name: string): Part => ({ $ref: `#/components/headers/${name}` });
const example_ref = (name: string): Part => ({ $ref: `#/components/examples/${name}` });

function request_body({ json, form, may_be_empty = false }: RequestBody): Part {
  return {
    required: !may_be_empty,
    content: {
      ...(form && {
        "multipart/form-data": {
          schema: {
            type: "object",
            properties: {
              [form.field]: { description: form.about, type: "string", format: "binary" },
            },
            required: [form.field],
          },
        },
      }),
      ...(json && { "application/json": json_content(json) }),
    },
  };
}

const json_content = ({ name, example }: Model): Part => ({ schema: schema_ref(name), example });

/** What every answer of a function has. */
const ALWAYS = ["Cache-Control", "X-Content-Type-Options", "apigw-requestid"] as const;

type AnyHeader = HeaderName | (typeof ALWAYS)[number] | "Retry-After";

const text_header = (description: string, required: boolean, example: string): Part => ({
  description,
  required,
  schema: { type: "string" },
  example,
});

const HEADERS: Readonly<Record<AnyHeader, Part>> = {
  "Cache-Control": text_header(
    "Photos and tokens are one user's, and no cache keeps them; this document is everyone's.",
    true,
    "private, no-store",
  ),
  "X-Content-Type-Options": text_header("No browser guesses at the media type.", true, "nosniff"),
  "apigw-requestid": text_header(
    "By which an operator finds the request in the logs.",
    true,
    "JKJaXmPLvHcESHA=",
  ),
  Location: {
    description: "A URL that needs no token.",
    required: true,
    schema: { type: "string", format: "uri" },
    example: "https://photos.example.com/photo?X-Amz-Expires=300",
  },
  ETag: text_header("Of the photo in S3.", true, '"9bb58f26192e4ba00f01e2e7b136bbd8"'),
  "Content-Disposition": text_header("With the photo's own name.", true, 'attachment; filename="beach.jpg"'),
  "Retry-After": {
    description: "Seconds after which the same request may succeed; in problem details only.",
    schema: { type: "integer", minimum: 1 },
    example: 2,
  },
};

const header_refs = (names: readonly AnyHeader[]): Part =>
  Object.fromEntries(names.map((name) => [name, header_ref(name)]));

function success_response({ about, json, bytes, headers = [] }: SuccessAnswer): Part {
  return {
    description: about,
    headers: header_refs([...ALWAYS, ...headers]),
    ...(json && { content: { "application/json": json_content(json) } }),
    ...(bytes && { content: { [bytes]: { schema: { type: "string", format: "binary" } } } }),
  };
}

/** By status; a status that both a function and the gateway answer has both media types. */
function failure_responses(
  codes: ReadonlySet<ProblemCode>,
  authorized: boolean,
  shared: Map<string, Part>,
): Part {
  const by_status = Map.groupBy(codes, (code) => problem_texts[code].example.status);
  const of_gateway = Object.entries(gateway_texts).flatMap(([status, { of_authorizer = false }]) =>
    authorized || !of_authorizer ? [Number(status)] : [],
  );
  const statuses = [...new Set([...by_status.keys(), ...of_gateway])].toSorted((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const answered = by_status.get(status) ?? [];
      const is_of_gateway = of_gateway.includes(status);
      const name = [status, ...(is_of_gateway ? ["gateway"] : []), ...answered].join(".");
      shared.set(name, failure_response(answered, is_of_gateway ? status : undefined));
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function failure_response(codes: readonly ProblemCode[], gateway_status: number | undefined): Part {
  const gateway = gateway_status === undefined ? undefined : gateway_texts[gateway_status];
  const may_retry = codes.some((code) => problem(code, "").retry_after !== undefined);
  const lines = codes.map((code) => `- \`${code}\`: ${problem_texts[code].when}`);
  if (gateway !== undefined) lines.push(`- the gateway: ${gateway.when}`);
  return {
    description: lines.join("\n"),
    headers: header_refs(["apigw-requestid", ...(may_retry ? (["Retry-After"] as const) : [])]),
    content: {
      ...(codes.length > 0 && { "application/problem+json": problem_content(codes) }),
      ...(gateway && {
        "application/json": {
          schema: schema_ref("GatewayMessage"),
          examples: { [`gateway_${gateway_status}`]: example_ref(`gateway_${gateway_status}`) },
        },
      }),
    },
  };
}

const problem_content = (codes: readonly ProblemCode[]): Part => ({
  schema: {
    allOf: [schema_ref("Problem"), { type: "object", properties: { code: { enum: codes } } }],
  },
  examples: Object.fromEntries(codes.map((code) => [code, example_ref(code)])),
});

function model_schemas(): Part {
  const schemas = new Map<string, unknown>();
  for (const model of Object.values(operations).flatMap(models_of)) {
    if (schemas.has(model.name) && schemas.get(model.name) !== model.schema) {
      throw new Error(`Two schemas have the name ${model.name}.`);
    }
    schemas.set(model.name, model.schema);
  }
  return Object.fromEntries(schemas);
}

const models_of = ({ body, answers }: Operation): Model[] =>
  [body?.json, ...Object.values(answers).map(({ json }) => json)].filter((model) => model !== undefined);

const problem_examples = (): Part =>
  Object.fromEntries(
    Object.entries(problem_texts).map(([code, { example }]) => [
      code,
      { summary: example.title, value: example },
    ]),
  );

const gateway_examples = (): Part =>
  Object.fromEntries(
    Object.entries(gateway_texts).map(([status, { when, message }]) => [
      `gateway_${status}`,
      { summary: when, value: { message } },
    ]),
  );
