/** The tables of docs/permissions.md, written from what has been recorded and from what is denied. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse_photo_key } from "../../layer/photo_keys.ts";
import type { FunctionCall } from "../integration/stack.ts";
import { questions_of } from "../support/iam_actions.ts";

const PAGE = join(import.meta.dirname, "..", "..", "docs", "permissions.md");

/** The table on the page with this first row; empty where there is none. */
export async function documented_table(first_row: string): Promise<string> {
  const lines = (await readFile(PAGE, "utf8")).split("\n");
  const rows = lines.slice(lines.indexOf(first_row));
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .join("\n");
}

export const CALLS_ROW = "| role | call | permission | on |";
export const DENIALS_ROW = "| role | must not |";

/** One row for each kind of call of each function, in the order of the functions; a function without any has one too. */
export function table_of_calls(calls: readonly FunctionCall[], functions: readonly string[]): string {
  const rows = functions.flatMap((name) => {
    const kinds = new Set(calls.filter(({ caller }) => caller === name).map(row_of));
    return kinds.size === 0 ? [`| \`${name}\` | none | | |`] : [...kinds].toSorted();
  });
  return [CALLS_ROW, "| --- | --- | --- | --- |", ...rows].join("\n");
}

function row_of(call: FunctionCall): string {
  const actions = questions_of(call).map(({ action }) => `\`${action}\``);
  const permission = actions.length > 0 ? actions.join(", ") : "none: it is not signed";
  return `| \`${call.caller}\` | ${operation_of(call)} | ${permission} | ${place_of(call)} |`;
}

function operation_of({ operation, presigned, conditions }: FunctionCall): string {
  const asked = ["if-match", "if-none-match"].filter((name) => conditions[name] !== undefined);
  const [source, version] = conditions["x-amz-copy-source"]?.split("?versionId=") ?? [];
  const from = version ? "from a version of" : "from";
  const notes = [
    ...asked.map((name) => `\`${name}: ${conditions[name] === "*" ? "*" : "<etag>"}\``),
    ...(source === undefined
      ? []
      : [`${from} ${key_place(decodeURIComponent(source).replace(/^\/?[^/]+\//, ""))}`]),
    ...(presigned ? [operation === "PostObject" ? "by a form" : "by a URL"] : []),
  ];
  return [operation, ...notes].join(", ");
}

/** A key that no photo can have stands as it is, so that the table shows it. */
function place_of({ service, key, conditions: { prefix } }: FunctionCall): string {
  if (service !== "s3") return "";
  if (key !== "") return key_place(key);
  if (prefix === undefined) return "the bucket";
  if (parse_photo_key(prefix)) return "the bucket, `prefix=<user>/<timestamp>_<name>`";
  return is_a_users(prefix)
    ? "the bucket, `prefix=<user>/`"
    : `the bucket, \`prefix=${key_place(prefix).slice(1)}`;
}

function key_place(key: string): string {
  if (parse_photo_key(key)) return "`<user>/<timestamp>_<name>`";
  if (CHECKSUM_KEY.test(key)) return "`.checksums/<user>/<sha256>`";
  const [, kind = "", rest = ""] = UPLOAD_KEY.exec(key) ?? [];
  return kind === "" ? `\`${key}\`` : `\`.${kind}/<user>/<id>${rest.replace(SHARD, "<shard>")}\``;
}

const UPLOAD_KEY = /^\.(quarantine|outcomes|tasks|jobs|export_tasks|exports)\/[^/]+\/[0-9a-v]{26}(|\/.*)$/;

const CHECKSUM_KEY = /^\.checksums\/[^/]+\/[0-9a-f]{64}$/;

/** With its counts, where it has any, or what tells it from another worker's. */
const SHARD = /\b\d{6}(?:_[0-9a-v]+)*/;

const A_FILENAME = "20261123T101530123Z_a.jpg";

const is_a_users = (prefix: string): boolean => parse_photo_key(prefix + A_FILENAME) !== undefined;

/** What is denied to every role in one row, and what to some roles only in a row of each. */
export function table_of_denials(denied: Readonly<Record<string, ReadonlySet<string>>>): string {
  const sets = Object.values(denied);
  const [first = new Set<string>()] = sets;
  const to_all = new Set([...first].filter((what) => sets.every((whats) => whats.has(what))));
  const row = (role: string, whats: Iterable<string>) => `| ${role} | ${[...whats].toSorted().join("; ")} |`;
  const of_some = Object.entries(denied).map(([name, whats]) =>
    row(
      `\`${name}\``,
      [...whats].filter((what) => !to_all.has(what)),
    ),
  );
  return [DENIALS_ROW, "| --- | --- |", row("every role", to_all), ...of_some].join("\n");
}
