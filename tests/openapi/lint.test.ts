/** Redocly's linter, with the rules of redocly.yaml, which has no warnings: what is not right is an error. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { openapi_document } from "../../openapi/document.ts";
import { OPENAPI_FILE } from "../../openapi/write.ts";

const root = join(import.meta.dirname, "..", "..");
const work = mkdtempSync(join(tmpdir(), "openapi-lint-"));
afterAll(() => rmSync(work, { recursive: true }));

const report = z.object({
  totals: z.object({ errors: z.int(), warnings: z.int(), ignored: z.int() }),
  problems: z.array(z.object({ ruleId: z.string(), message: z.string() })),
});

/** What the linter says of a file. It neither asks whether there is a newer one, nor tells that it was used. */
function lint(file: string): z.infer<typeof report> {
  const redocly = join(root, "node_modules", "@redocly", "cli", "bin", "cli.js");
  const config = join(root, "redocly.yaml");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [redocly, "lint", "--config", config, "--format", "json", file],
    {
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        REDOCLY_TELEMETRY: "off",
        REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
        CI: "true",
      },
    },
  );
  expect(stdout, stderr).not.toBe("");
  return report.parse(JSON.parse(stdout));
}

describe("the linter", () => {
  it("finds nothing in openapi.json", () => {
    const { totals, problems } = lint(OPENAPI_FILE);
    expect(problems).toEqual([]);
    expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
  });

  it("finds what is planted: an example that is none, a component that nothing uses", () => {
    const { components, ...rest } = z
      .looseObject({
        components: z.looseObject({
          examples: z.record(z.string(), z.unknown()),
          schemas: z.record(z.string(), z.unknown()),
        }),
      })
      .parse(openapi_document());
    const planted = {
      ...rest,
      components: {
        ...components,
        examples: { ...components.examples, timeout: { value: { status: "late" } } },
        schemas: { ...components.schemas, Unused: { type: "string" } },
      },
    };
    const file = join(work, "planted.json");
    writeFileSync(file, JSON.stringify(planted));
    const rules = new Set(lint(file).problems.map(({ ruleId }) => ruleId));
    expect([...rules].toSorted()).toEqual(["no-invalid-media-type-examples", "no-unused-components"]);
  });
});
