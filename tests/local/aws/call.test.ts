import { expect, it } from "vitest";
import { app_id_of } from "../../../local/aws/call.ts";

it.each([
  ["aws-sdk-js/3.1163.0 ua/2.1 os/linux app/login", "login"],
  ["app/upload_single_photo md/nodejs", "upload_single_photo"],
  ["aws-sdk-js/3.1163.0 myapp/login", undefined],
  ["", undefined],
  [undefined, undefined],
])("the application in %j is %j", (user_agent, expected) => {
  expect(app_id_of(user_agent)).toBe(expected);
});
