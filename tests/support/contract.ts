/** Holds exchanges over HTTP against the OpenAPI document, as it is committed. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import * as z from "zod";
import { parse_boundary, parse_multipart_structure } from "../../middleware/multipart_structure.ts";
import { OPENAPI_FILE } from "../../openapi/write.ts";

/** What went over the network. */
export interface Exchange {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly request: { readonly headers: Headers; readonly body: SentContent };
  readonly response: { readonly status: number; readonly headers: Headers; readonly bytes: Buffer };
}

/** `unknown` of a stream, which nobody has looked into. */
export type SentContent = Buffer | FormData | "unknown";

/** What an exchange has shown, where it is as documented. */
export interface Shown {
  /** `-` where the document has no such operation. */
  readonly operation: string;
  readonly status: number;
  /** Of problem details. */
  readonly code?: string;
}

export interface Contract {
  /** @throws Error that says what the document does not know */
  check(exchange: Exchange): Shown;
}

const reference = z.strictObject({ $ref: z.string().startsWith("#/") });
const header = z.object({ required: z.boolean().default(false), schema: z.unknown() });
const response = z.object({
  headers: z.record(z.string(), reference).default({}),
  content: z.record(z.string(), z.unknown()).default({}),
});
const operation = z.object({
  operationId: z.string(),
  requestBody: z.object({ required: z.boolean(), content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
const methods = z.record(z.string(), operation);

export function contract(document: unknown = JSON.parse(readFileSync(OPENAPI_FILE, "utf8"))): Contract {
  // The document is no JSON Schema as a whole, so its own words are unknown to Ajv.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(z.record(z.string(), z.unknown()).parse(document), "openapi");

  /** What is wrong with a value, by the schema at this place of the document; undefined where nothing is. */
  function fault(value: unknown, ...place: readonly string[]): string | undefined {
    const $ref = `openapi#/${place.map(escaped).join("/")}`;
    const validate = ajv.getSchema($ref) ?? ajv.compile({ $ref });
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  }

  function check_headers(named: z.infer<typeof response>["headers"], headers: Headers): void {
    for (const [name, { $ref }] of Object.entries(named)) {
      const place = $ref.slice(2).split("/");
      const { required, schema } = header.parse(at(document, place));
      const value = headers.get(name);
      if (value === null) {
        if (required) throw new Error(`the answer has no header ${name}`);
        continue;
      }
      const is_integer = z.object({ type: z.literal("integer") }).safeParse(schema).success;
      const wrong = fault(is_integer ? Number(value) : value, ...place, "schema");
      if (wrong !== undefined) throw new Error(`the header ${name} of the answer is wrong: ${wrong}`);
    }
  }

  function check_response(place: readonly string[], { status, headers, bytes }: Exchange["response"]): void {
    const { headers: named, content } = response.parse(at(document, place));
    check_headers(named, headers);
    const type = media_type(headers);
    if (Object.keys(content).length === 0) {
      if (bytes.length > 0) throw new Error(`an answer ${status} has no body`);
      return;
    }
    const documented = Object.keys(content).find((range) => is_within(type, range));
    if (documented === undefined) throw new Error(`an answer ${status} is not of the type "${type}"`);
    const value = documented.endsWith("json") ? JSON.parse(bytes.toString()) : bytes.toString("latin1");
    const wrong = fault(value, ...place, "content", documented, "schema");
    if (wrong !== undefined) throw new Error(`the body of the answer ${status} is wrong: ${wrong}`);
  }

  function check_request(
    place: readonly string[],
    { requestBody }: z.infer<typeof operation>,
    { headers, body }: Exchange["request"],
  ): void {
    if (body === "unknown") return;
    if (body instanceof Buffer && body.length === 0) {
      if (requestBody?.required) throw new Error("a request without a body was answered");
      return;
    }
    const type = body instanceof FormData ? "multipart/form-data" : media_type(headers);
    if (requestBody?.content[type] === undefined) {
      throw new Error(`a request of the type "${type}" was answered`);
    }
    const value = type === "multipart/form-data" ? form_value(headers, body) : JSON.parse(String(body));
    const wrong = fault(value, ...place, "requestBody", "content", type, "schema");
    if (wrong !== undefined) throw new Error(`a request was answered whose body is wrong: ${wrong}`);
  }

  const paths = z.object({ paths: z.record(z.string(), methods) }).parse(document).paths;

  /** What the gateway answers where there is no route. */
  function check_unknown({ status, bytes }: Exchange["response"]): void {
    if (![404, 413, 431].includes(status)) throw new Error("the document has no such operation");
    const wrong = fault(JSON.parse(bytes.toString()), "components", "schemas", "GatewayMessage");
    if (wrong !== undefined) throw new Error(`the gateway's answer is wrong: ${wrong}`);
  }

  function check({ method, path, request, response: answer }: Exchange): Shown {
    const { status } = answer;
    // The gateway answers these by itself, on any path; the document is not about them.
    if (method === "OPTIONS" && status === 204) return { operation: "-", status };
    const found = paths[path]?.[method.toLowerCase()];
    if (found === undefined) {
      check_unknown(answer);
      return { operation: "-", status };
    }
    const place = ["paths", path, method.toLowerCase()];
    if (found.responses[status] === undefined) throw new Error(`an answer ${status} is not documented`);
    check_response(resolved(document, [...place, "responses", String(status)]), answer);
    if (status < 400) check_request(place, found, request);
    const shown = { operation: found.operationId, status };
    if (media_type(answer.headers) !== "application/problem+json") return shown;
    const { code } = z.object({ code: z.string() }).parse(JSON.parse(answer.bytes.toString()));
    return { ...shown, code };
  }

  return {
    check: (exchange) => {
      try {
        return check(exchange);
      } catch (error) {
        const { method, path, response: answer } = exchange;
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(
          `${method} ${path}, answered ${answer.status}, is not as openapi.json has it: ${why}`,
        );
      }
    },
  };
}

/** JSON Pointer within a URL's fragment (RFC 6901, section 6). */
const escaped = (name: string): string =>
  encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));

function at(document: unknown, place: readonly string[]): unknown {
  return place.reduce<unknown>((part, name) => z.record(z.string(), z.unknown()).parse(part)[name], document);
}

/** The place itself, or the one that it refers to. */
function resolved(document: unknown, place: readonly string[]): readonly string[] {
  const found = reference.safeParse(at(document, place));
  return found.success ? found.data.$ref.slice(2).split("/") : place;
}

const media_type = (headers: Headers): string =>
  (headers.get("content-type") ?? "").split(";", 1).join("").trim().toLowerCase();

const is_within = (type: string, range: string): boolean =>
  range.endsWith("/*") ? type.startsWith(range.slice(0, -1)) : type === range;

/** The fields of a form; of files, their content. */
function form_value(headers: Headers, body: Exclude<SentContent, "unknown">): Record<string, string> {
  const names =
    body instanceof FormData
      ? [...body.keys()]
      : parse_multipart_structure(body, parse_boundary(headers.get("content-type") ?? "")).map(
          ({ name }) => name,
        );
  return Object.fromEntries(names.map((name) => [name, ""]));
}
