/** The description of the API, as a stack serves it. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPENAPI_FILE } from "../../openapi/write.ts";
import { json_of, send } from "./client.ts";
import { start_test_stack, type TestStack } from "./stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await start_test_stack();
});
afterAll(() => stack.close());

describe("GET /openapi.json", () => {
  it("needs no token, and is the document as it is committed", async () => {
    const answer = await send(`${stack.url}/openapi.json`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    expect(json_of(answer)).toEqual(JSON.parse(readFileSync(OPENAPI_FILE, "utf8")));
  });
});

describe("GET /docs", () => {
  it("is a page, with all that it refers to, and may load nothing from elsewhere", async () => {
    const page = await fetch(`${stack.url}/docs`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'self';/);
    const referenced = [...(await page.text()).matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path);
    for (const path of referenced) {
      const file = await fetch(`${stack.url}${path}`);
      expect([path, file.status]).toEqual([path, 200]);
      await file.arrayBuffer();
    }
  });

  it("is there for GET alone", async () => {
    const answer = await send(`${stack.url}/docs`, { method: "POST" });
    expect(answer.status).toBe(404);
  });
});
