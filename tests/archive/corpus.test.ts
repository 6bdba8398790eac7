import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { CodecSizes } from "../../archive/codec.ts";
import { default_codec_sizes } from "../../archive/codec.ts";
import type { ByteSource } from "../../archive/index.ts";
import { ArchiveError, bytes_source, extract, open_archive, windowed_source } from "../../archive/index.ts";
import { hashing_sink, sha1, stream_all } from "./sinks.ts";

const corpus = new URL("../fixtures/archives/", import.meta.url);

/** For an archive that is refused, the code; for any other, every entry with its content or its reason. */
const expectation = z.strictObject({
  about: z.string(),
  code: z.string().optional(),
  entries: z
    .array(
      z.strictObject({
        path: z.string().optional(),
        /** For paths of more than a thousand characters. */
        path_sha1: z.string().optional(),
        size: z.number().optional(),
        sha1: z.string().optional(),
        outcome: z.enum(["skipped", "failed"]).optional(),
        reason: z.string().optional(),
      }),
    )
    .optional(),
});
type Expectation = z.infer<typeof expectation>;

const expected = new Map(
  Object.entries(
    z
      .record(z.string(), expectation)
      .parse(JSON.parse(readFileSync(new URL("expected.json", corpus), "utf8"))),
  ),
);
const folders = ["extract", "refuse_archive", "refuse_entry"];
const files = folders.flatMap((folder) =>
  readdirSync(new URL(folder, corpus)).map((file) => `${folder}/${file}`),
);

async function result_of(
  file: string,
  codec_sizes: CodecSizes,
  view = (source: ByteSource) => source,
): Promise<Omit<Expectation, "about">> {
  const source = view(bytes_source(readFileSync(new URL(file, corpus))));
  try {
    const archive = await open_archive(source, { codec_sizes, check_headers: "now" });
    const outcomes = await extract(archive, hashing_sink);
    const entries = outcomes.map((result) => {
      const { path } = result.entry;
      const name = path.length > 1000 ? { path_sha1: sha1(path) } : { path };
      return result.outcome === "stored"
        ? { ...name, ...result.value }
        : { ...name, outcome: result.outcome, reason: result.reason };
    });
    return { entries };
  } catch (error) {
    if (error instanceof ArchiveError) return { code: error.code };
    throw error;
  }
}

describe("the corpus of archives", () => {
  it("has an expectation for every archive, in the folder that says its outcome", () => {
    expect([...expected.keys()].sort()).toEqual([...files].sort());
    expect(files).toHaveLength(180);
    for (const [file, { code, entries }] of expected) {
      const fails = entries?.some((entry) => entry.outcome === "failed");
      const folder = code !== undefined ? "refuse_archive" : fails ? "refuse_entry" : "extract";
      expect(file.startsWith(`${folder}/`), file).toBe(true);
    }
  });

  it("is counted by outcome in its README", () => {
    const archives = new Map<string, number>();
    const entries = new Map<string, number>();
    const in_archives = new Map<string, number>();
    const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const [file, expectation] of expected) {
      add(archives, `\`${file.split("/")[0]}\``);
      if (expectation.code !== undefined) add(archives, `\`${expectation.code}\``);
      const outcomes = (expectation.entries ?? []).map(({ outcome, reason }) =>
        outcome === undefined ? "stored" : `\`${reason}\`${outcome === "skipped" ? ", skipped" : ""}`,
      );
      for (const outcome of outcomes) add(entries, outcome);
      for (const outcome of new Set(outcomes)) add(in_archives, outcome);
    }
    const rows = [
      ...[...archives].map(([what, count]) => `| ${what} | ${count} |`),
      ...[...entries].map(([what, count]) => `| ${what} | ${count} | ${in_archives.get(what)} |`),
    ];
    const written = readFileSync(new URL("README.md", corpus), "utf8").match(
      /^\| [^|]+ \| \d+ \|( \d+ \|)?/gm,
    );
    expect(written?.sort()).toEqual(rows.sort());
  });

  it.each(files)("%s", async (file) => {
    const { about: _about, ...rest } = expected.get(file) ?? { about: "" };
    expect(await result_of(file, default_codec_sizes)).toEqual(rest);
  });

  it.each(files)("%s, streamed through fflate", async (file) => {
    const { about: _about, ...rest } = expected.get(file) ?? { about: "" };
    expect(await result_of(file, stream_all)).toEqual(rest);
  });

  it.each(files)("%s, in windows", async (file) => {
    const { about: _about, ...rest } = expected.get(file) ?? { about: "" };
    const view = (source: ByteSource) => windowed_source(source, { window_bytes: 5_000, windows: 3 });
    expect(await result_of(file, default_codec_sizes, view)).toEqual(rest);
  });
});
