import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RuntimeApi, start_runtime_api } from "../../../bench/lambda/runtime_api.ts";

let api: RuntimeApi;
beforeEach(async () => {
  api = await start_runtime_api("list");
});
afterEach(() => api.close());

const url = (path: string) => `http://${api.address}/2018-06-01/runtime/${path}`;
const report = (path: string, body: string) => fetch(url(path), { method: "POST", body });

describe("the Runtime API", () => {
  it("hands out an event and gives what the function answers to it", async () => {
    const polled = fetch(url("invocation/next"));
    await api.idle();
    const answered = api.invoke('{"a":1}', 29);
    const next = await polled;
    expect(await next.text()).toBe('{"a":1}');
    expect(next.headers.get("lambda-runtime-invoked-function-arn")).toMatch(/:function:list$/);
    const left = Number(next.headers.get("lambda-runtime-deadline-ms")) - Date.now();
    expect(left).toBeLessThanOrEqual(29_000);
    const id = next.headers.get("lambda-runtime-aws-request-id");
    expect((await report(`invocation/${id}/response`, '{"b":2}')).status).toBe(202);
    expect(await answered).toBe('{"b":2}');
  });

  it("is not idle until the next event is asked for", async () => {
    const first = fetch(url("invocation/next"));
    const answered = api.invoke("{}", 29);
    const id = (await first).headers.get("lambda-runtime-aws-request-id");
    await report(`invocation/${id}/response`, "{}");
    await answered;
    let idle = false;
    const waiting = api.idle().then(() => {
      idle = true;
    });
    await new Promise(setImmediate);
    expect(idle).toBe(false);
    const second = fetch(url("invocation/next")).catch(() => undefined);
    await waiting;
    await api.close();
    await second;
  });

  it("gives the report of a function that failed", async () => {
    const polled = fetch(url("invocation/next"));
    const answered = expect(api.invoke("{}", 29)).rejects.toThrow("Runtime.ExitError");
    const id = (await polled).headers.get("lambda-runtime-aws-request-id");
    await report(`invocation/${id}/error`, '{"errorType":"Runtime.ExitError"}');
    await answered;
  });

  it("gives the report of a function that did not start", async () => {
    const idle = expect(api.idle()).rejects.toThrow("PHOTOS_BUCKET");
    await report("init/error", '{"errorMessage":"PHOTOS_BUCKET must be the name of an S3 bucket"}');
    await idle;
  });
});
