import { describe, expect, it } from "vitest";
import { denied_action, is_missing, LISTING } from "../../layer/missing.ts";
import { quiet } from "../support/quiet.ts";

const output = quiet();

/** An error as the SDK throws it. */
const s3_error = (name: string, httpStatusCode?: number, message = "As S3 words it."): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });

const denial = (action: string): Error =>
  s3_error(
    "AccessDenied",
    403,
    `User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: ${action} on resource: "arn:aws:s3:::yourplace/canary" because no identity-based policy allows the ${action} action`,
  );

describe("an object", () => {
  it.each([
    ["S3 says so", s3_error("NoSuchKey", 404)],
    ["only the listing is denied", denial(LISTING)],
  ])("is missing where %s", (_, error) => {
    expect(is_missing(error)).toBe(true);
    expect(output().text()).toBe("");
  });

  it("is missing where S3 does not say what it denies, with a warning that does not name it", () => {
    expect(is_missing(s3_error("AccessDenied", 403, "Access Denied"))).toBe(true);
    expect(output().records()).toMatchObject([{ level: "WARN" }]);
  });

  it.each([
    ["its reading is denied", denial("s3:GetObject")],
    ["the bucket is", s3_error("NoSuchBucket", 404)],
    ["the credentials are wrong", s3_error("InvalidAccessKeyId", 403)],
    ["S3 fails", s3_error("InternalError", 500)],
    ["nothing answered", s3_error("TimeoutError")],
    ["anything else is thrown", "NoSuchKey"],
  ])("is not missing where %s", (_, error) => {
    expect(is_missing(error)).toBe(false);
    expect(output().text()).toBe("");
  });
});

describe("a denial", () => {
  it("names its action, if it does", () => {
    expect(denied_action(denial("s3:PutObject"))).toBe("s3:PutObject");
    expect(denied_action(s3_error("AccessDenied", 403))).toBeUndefined();
    expect(
      denied_action(s3_error("Other", 403, "is not authorized to perform: s3:PutObject")),
    ).toBeUndefined();
  });
});
