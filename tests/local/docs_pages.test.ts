import { describe, expect, it } from "vitest";
import { docs_pages } from "../../local/docs_pages.ts";

const pages = docs_pages();
const body_of = (path: string): string => pages.get(`GET ${path}`)?.().body.toString() ?? "";
const html = body_of("/docs");
const referenced = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = ""]) => path);

describe("the page of the API's description", () => {
  it("has every file that it refers to", () => {
    expect(referenced.length).toBe(4);
    for (const path of referenced) expect(body_of(path).length, path).toBeGreaterThan(100);
  });

  it("shows openapi.json, and has no site on the network look at it", () => {
    expect(body_of("/docs/start.js")).toContain('"/openapi.json"');
    expect(body_of("/docs/start.js")).toContain("validatorUrl: null");
  });

  it("may ask nobody but this machine", () => {
    for (const answer of pages.values()) {
      const { status, headers } = answer();
      expect(status).toBe(200);
      const policy = new Map(headers).get("content-security-policy") ?? "";
      expect(policy).toMatch(/^default-src 'self'/);
      expect(policy.match(/https?:\/\/[^ ;]+/g)).toEqual(["http://127.0.0.1:*"]);
    }
  });
});
