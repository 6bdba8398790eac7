/** Answers of the functions, read as a client reads them. */
import { expect } from "vitest";
import * as z from "zod/mini";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { type ProblemResponse, problem_response } from "../../schemas/problem.ts";

const http_answer = z.strictObject({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  isBase64Encoded: z.boolean(),
});

/** The JSON body of a success, which must be all that its schema says and nothing else. */
export function read_answer<Schema extends z.ZodMiniType>(
  schema: Schema,
  answer: HttpAnswer,
  status = 200,
): z.output<Schema> {
  expect({ ...answer, headers: {} }).toMatchObject({ statusCode: status });
  const { headers, body, isBase64Encoded } = http_answer.parse(answer);
  expect(isBase64Encoded).toBe(false);
  expect(headers).toMatchObject({
    "content-type": "application/json",
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
  });
  return schema.parse(JSON.parse(body));
}

/** The problem details of a refusal. */
export function read_problem({ statusCode, headers, body }: HttpAnswer): ProblemResponse {
  const details = problem_response.parse(JSON.parse(body));
  expect(headers).toMatchObject({ "Content-Type": "application/problem+json", "cache-control": "no-store" });
  expect(details.status).toBe(statusCode);
  return details;
}
