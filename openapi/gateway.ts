/** What API Gateway answers itself, without a function having had a part in it. */
import * as z from "zod";
import { type JsonSchema, json_schema } from "./json_schema.ts";

export const gateway_schema: JsonSchema = {
  description: "The gateway's own answer.",
  ...json_schema(z.object({ message: z.string() }), "output", {
    message: "What went wrong, for people; rely on the status.",
  }),
};

interface GatewayText {
  /** CommonMark. */
  readonly when: string;
  readonly message: string;
  /** Whether it is answered only where a token is asked for. */
  readonly of_authorizer?: boolean;
}

export const gateway_texts: Readonly<Record<number, GatewayText>> = {
  401: { when: "There is no token header.", message: "Unauthorized", of_authorizer: true },
  403: { when: "The token is refused.", message: "Forbidden", of_authorizer: true },
  404: { when: "This deployment has no such route.", message: "Not Found" },
  413: {
    when: "The body is too large: the gateway takes 10 MB, and a function some 4.5 MB of a file.",
    message: "Request Too Long",
  },
  429: { when: "Too many requests at once.", message: "Too Many Requests" },
  431: {
    when: "The headers have more than 10,240 bytes.",
    message: "Request Header Fields Too Large",
  },
  500: { when: "The function, or the authorizer, has failed.", message: "Internal Server Error" },
  503: {
    when: "The function does not answer, or too many requests are at it.",
    message: "Service Unavailable",
  },
};
