/**
 * The policy of a browser's POST: what it says, and whether a form abides by it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
import * as z from "zod";
import { access_denied, entity_too_large, entity_too_small, invalid_policy_document } from "./errors.ts";

export interface PostPolicy {
  expiration: Date;
  conditions: readonly FieldCondition[];
  /** Bytes of the file. */
  size: { min: number; max: number } | undefined;
}

interface FieldCondition {
  operator: "eq" | "starts-with";
  /** In lower case. */
  field: string;
  value: string;
}

const byte_count = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(0));
const operator_schema = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(["eq", "starts-with"]));
const condition_schema = z.union([
  z.tuple([operator_schema, z.string().startsWith("$"), z.string()]),
  z.tuple([z.string().regex(/^content-length-range$/i), byte_count, byte_count]),
  z.record(z.string(), z.string()).refine((condition) => Object.keys(condition).length === 1),
]);
const policy_schema = z.strictObject({
  expiration: z.iso.datetime({ offset: true }),
  conditions: z.array(condition_schema),
});

/** Reads the base64 of the form's `policy` field. */
export function parse_policy(base64: string): PostPolicy {
  const policy = policy_schema.safeParse(parse_json(base64));
  if (!policy.success) {
    throw invalid_policy_document("Invalid Policy: its expiration or one of its conditions is malformed.");
  }
  const conditions: FieldCondition[] = [];
  let size: PostPolicy["size"];
  for (const condition of policy.data.conditions) {
    if (!Array.isArray(condition)) {
      for (const [field, value] of Object.entries(condition)) {
        conditions.push({ operator: "eq", field: field.toLowerCase(), value });
      }
    } else if (typeof condition[2] === "string") {
      const [operator, field, value] = z.tuple([operator_schema, z.string(), z.string()]).parse(condition);
      conditions.push({ operator, field: field.slice(1).toLowerCase(), value });
    } else {
      const [, min, max] = z.tuple([z.string(), z.number(), z.number()]).parse(condition);
      size = { min: Math.max(min, size?.min ?? 0), max: Math.min(max, size?.max ?? max) };
    }
  }
  return { expiration: new Date(policy.data.expiration), conditions, size };
}

function parse_json(base64: string): unknown {
  const text = Buffer.from(base64, "base64").toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw invalid_policy_document("Invalid Policy: Invalid JSON.");
  }
}

/** What need not, or cannot, be covered by the policy. */
const UNCOVERED: readonly string[] = ["policy", "file", "x-amz-signature", "signature", "awsaccesskeyid"];

/** Throws unless every condition holds and every field of the form is covered by one. */
export function check_form(
  policy: PostPolicy,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  now: Date,
): void {
  if (policy.expiration <= now) throw access_denied("Invalid according to Policy: Policy expired.");
  const values = new Map([["bucket", bucket], ...fields]);
  for (const condition of policy.conditions) {
    if (!holds(condition, values.get(condition.field))) {
      const { operator, field, value } = condition;
      throw access_denied(
        `Invalid according to Policy: Policy Condition failed: ${JSON.stringify([operator, `$${field}`, value])}`,
      );
    }
  }
  const covered = new Set(policy.conditions.map(({ field }) => field));
  const extra = [...fields.keys()].filter(
    (field) => !covered.has(field) && !UNCOVERED.includes(field) && !field.startsWith("x-ignore-"),
  );
  if (extra.length > 0) {
    throw access_denied(`Invalid according to Policy: Extra input fields: ${extra.join(", ")}`);
  }
}

function holds({ operator, field, value }: FieldCondition, actual: string | undefined): boolean {
  if (actual === undefined) return false;
  if (operator === "eq") return actual === value;
  // A content type may be a list, of which each must match.
  const items = field === "content-type" ? actual.split(",").map((item) => item.trim()) : [actual];
  return items.every((item) => item.startsWith(value));
}

/** Passes the file's bytes on, and throws when there are more, or in the end fewer, than `limits` allow. */
export async function* within_size(
  file: AsyncIterable<Buffer>,
  limits: { min: number; max: number },
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > limits.max) {
      throw entity_too_large({ ProposedSize: String(size), MaxSizeAllowed: String(limits.max) });
    }
    yield chunk;
  }
  if (size < limits.min) {
    throw entity_too_small({ ProposedSize: String(size), MinSizeAllowed: String(limits.min) });
  }
}
