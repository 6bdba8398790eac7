import { describe, expect, it } from "vitest";
import { type AuthorizedEvent, username } from "../../layer/username.ts";
import { caught } from "../support/caught.ts";

const event_of = (authorizer: AuthorizedEvent["requestContext"]["authorizer"]): AuthorizedEvent => ({
  requestContext: { authorizer },
});

describe("username", () => {
  it("gives the handler the user whom the authorizer has verified", () => {
    const event = event_of({ lambda: { username: "f4a1b2c3" } });
    expect(username().before({ event })).toBeUndefined();
    expect(event.username).toBe("f4a1b2c3");
  });

  it("trusts the authorizer alone, not what the event says otherwise", () => {
    const event = { ...event_of({ lambda: { username: "ann" } }), username: "mallory" };
    username().before({ event });
    expect(event.username).toBe("ann");
  });

  it.each([
    ["no authorizer", undefined],
    ["an authorizer without a context", {}],
    ["a context that is undefined", { lambda: undefined }],
    ["a context without a user", { lambda: {} }],
    ["an empty user", { lambda: { username: "" } }],
    ["a user that is no text", { lambda: { username: 7 } }],
    ["a list of users", { lambda: { username: ["ann", "mallory"] } }],
  ])("refuses a request with %s", async (_, authorizer) => {
    const event = event_of(authorizer);
    expect(await caught(() => username().before({ event }))).toMatchObject({
      code: "unauthenticated",
      statusCode: 401,
    });
    expect(event.username).toBeUndefined();
  });

  it("shows its name in a stack trace", () => {
    expect(username().before.name).toBe("username_before");
  });
});
