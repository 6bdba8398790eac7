/**
 * Sends mutated multipart forms through the middlewares in a process of its own, since what is looked for ends the
 * process or leaves a promise that never settles. Seeded: the same arguments give the same forms.
 *
 *     node tests/middleware/multipart_fuzz.ts [SEED] [COUNT]
 *
 * Writes one JSON line: how many forms were accepted, and how many were refused with which code. A form after which
 * something else happens is written to stderr, and the exit code is 1.
 */
import { is_problem } from "@photo-uploader/layer";
import {
  BOUNDARY,
  type EncodedPart,
  encode_form,
  form_data,
  type SentForm,
  upload_event,
  upload_handler,
} from "./multipart_forms.ts";

const SETTLE_MS = 5_000;

type Random = (below: number) => number;

/** Mulberry32. */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const pick = <T>(random: Random, [first, ...rest]: readonly [T, ...T[]]): T => {
  const index = random(rest.length + 1);
  return (index === 0 ? undefined : rest[index - 1]) ?? first;
};

/** What parsers of multipart forms trip over. */
const FRAGMENTS: readonly [string, ...string[]] = [
  "\r\n",
  "\r",
  "\n",
  "\r\n\r\n",
  "--",
  "-",
  " ",
  "\t",
  "\0",
  '"',
  "\\",
  '\\"',
  ";",
  ":",
  "=",
  "*",
  "'",
  "%",
  ",",
  `--${BOUNDARY}`,
  `\r\n--${BOUNDARY}`,
  `\r\n--${BOUNDARY}\r\n`,
  `\r\n--${BOUNDARY}--`,
  `\r\n--${BOUNDARY}--\r\n`,
  `\r\n--${BOUNDARY} \r\n`,
  `\r\n--${BOUNDARY}-\r\n`,
  `\r\n--${BOUNDARY}\n`,
  `\r\n--${BOUNDARY}junk`,
  `\r\n--${BOUNDARY.slice(0, -1)}`,
  `\n--${BOUNDARY}\n`,
  `\r\n--${BOUNDARY}\r\n\r\n`,
  "Content-Disposition: form-data",
  'Content-Disposition: form-data; name="file"\r\n',
  "content-disposition:",
  'Content-Disposition: attachment; name="file"\r\n',
  "Content-Type: text/plain; charset*=x'y\r\n",
  "Content-Type: application/octet-stream\r\n",
  "Content-Type: text/plain; charset=\r\n",
  "Content-Type:\r\n",
  "Content-Transfer-Encoding: base64\r\n",
  "X-Any: thing\r\n",
  " folded\r\n",
  "X: y\r\n\r\n",
  '; name="file"',
  "; name=file",
  '; name=""',
  "; name",
  "; name*=UTF-8''file",
  '; NAME="a"',
  '; filename=""',
  "; filename*=UTF-8''%e2%82%ac.jpg",
  "; filename*=UTF-8''a%0d%0ab",
  "; filename*=UTF-8''%00",
  "; filename*=latin1''%e4",
  "; filename*",
  "; filename*='",
  '; filename="a%22b%0D%0A"',
  '; filename="C:\\fakepath\\x.jpg"',
  '; filename="\\"',
  "a[]",
  "a",
  "file[]",
  "file",
  "__proto__",
  "constructor",
  "prototype",
  "\u{1f600}",
  "\u{feff}",
  "\u{a0}",
];

const NAMES: readonly [string, ...string[]] = ["file", "a", "a[]", "b", "note", "file[]", "constructor"];

const DISPOSITIONS: readonly [string, ...string[]] = [
  '; filename="photo.jpg"',
  '; filename=""',
  "; filename=photo.jpg",
  "; filename*=UTF-8''%f0%9f%98%80.jpg",
  "",
  ";",
  '; filename="C:\\fakepath\\x.jpg"',
  "; filename=\"a%22b.jpg\"; filename*=UTF-8''x.jpg",
  '; size=3; filename="a;b=c"',
];

function random_part(random: Random, name: string): EncodedPart {
  const quoted = random(8) === 0 ? name : `"${name}"`;
  const headers = [`Content-Disposition: form-data; name=${quoted}${pick(random, DISPOSITIONS)}`];
  if (random(2) === 0)
    headers.push(`Content-Type: ${pick(random, ["image/jpeg", "text/plain; charset=x", ""])}`);
  if (random(8) === 0) headers.push("Content-Transfer-Encoding: binary");
  if (random(2) === 0) headers.reverse();
  const bytes = Uint8Array.from({ length: random(60) }, () => pick(random, [13, 10, 45, random(256)]));
  // Once in a while more than a stream takes at once, so that the parser has to wait for itself.
  const content = random(60) === 0 ? Buffer.alloc(random(200_000), Buffer.from([13, ...bytes])) : bytes;
  return { headers, content };
}

function random_form(random: Random): Buffer {
  const parts = [random_part(random, "file")];
  while (random(2) === 0) parts.splice(random(2), 0, random_part(random, pick(random, NAMES)));
  const preamble = random(10) === 0 ? Buffer.from("preamble\r\n") : Buffer.alloc(0);
  const epilogue = random(10) === 0 ? Buffer.from("epilogue") : Buffer.alloc(0);
  return Buffer.concat([preamble, encode_form(parts), epilogue]);
}

function splice(body: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
  return Buffer.concat([body.subarray(0, at), inserted, body.subarray(at + removed)]);
}

/** Positions in front of and behind line ends are where structure is; half of all mutations go there. */
function position(random: Random, body: Buffer): number {
  const anywhere = random(body.length + 1);
  if (random(2) === 0) return anywhere;
  const line_end = body.indexOf("\r\n", anywhere);
  return line_end === -1 ? body.length : line_end + pick(random, [0, 1, 2]);
}

const MUTATIONS: readonly [
  (body: Buffer, random: Random) => Buffer,
  ...((body: Buffer, random: Random) => Buffer)[],
] = [
  (body, random) => body.subarray(0, random(body.length + 1)),
  (body, random) => splice(body, position(random, body), 1, Buffer.of(random(256))),
  (body, random) => splice(body, position(random, body), random(12), Buffer.alloc(0)),
  (body, random) => splice(body, position(random, body), 0, Buffer.from(pick(random, FRAGMENTS))),
  (body, random) => splice(body, position(random, body), random(6), Buffer.from(pick(random, FRAGMENTS))),
  (body, random) => {
    const from = position(random, body);
    return splice(body, position(random, body), random(3), body.subarray(from, from + random(90)));
  },
  (body, random) => {
    const lines = body.toString("latin1").split("\r\n");
    const line = lines[random(lines.length)] ?? "";
    lines.splice(random(lines.length + 1), random(2), line);
    return Buffer.from(lines.join("\r\n"), "latin1");
  },
];

const CONTENT_TYPES: readonly [string, ...string[]] = [
  form_data(),
  form_data(),
  form_data(),
  form_data(`"${BOUNDARY}"`),
  `Multipart/Form-Data;charset=utf-8;boundary=${BOUNDARY}`,
  form_data(BOUNDARY.slice(0, -1)),
  form_data("-"),
  form_data(`"${BOUNDARY}`),
  "multipart/form-data",
  form_data("a:b c"),
];

function mutated_form(random: Random): SentForm {
  let body = random_form(random);
  for (let mutations = random(4); mutations > 0; mutations -= 1) body = pick(random, MUTATIONS)(body, random);
  return { content_type: random(6) === 0 ? pick(random, CONTENT_TYPES) : form_data(), body };
}

const FILE_FIELD = /^content-disposition:.*;[ \t]*name="?file"?[ \t]*(?:;|$)/im;

/** The contents of the field by another way than the guard's and the parser's: text, cut at the delimiters. */
function file_contents({ content_type, body }: SentForm): Buffer[] {
  const boundary = /boundary="?([^"]*)"?$/i.exec(content_type)?.[1] ?? "";
  return `\r\n${body.toString("latin1")}`
    .split(`\r\n--${boundary}`)
    .slice(1, -1)
    .map((piece) => ({ piece, header_end: piece.indexOf("\r\n\r\n") }))
    .filter(({ piece, header_end }) => FILE_FIELD.test(piece.slice(0, header_end)))
    .map(({ piece, header_end }) => Buffer.from(piece.slice(header_end + 4), "latin1"));
}

async function fuzz(seed: number, count: number): Promise<Record<string, number>> {
  const random = seeded(seed);
  const outcomes: Record<string, number> = {};
  const upload = upload_handler();
  let form: SentForm = { content_type: "", body: Buffer.alloc(0) };

  const report = (what: string): never => {
    const { content_type, body } = form;
    process.stderr.write(`${what}\n${JSON.stringify({ content_type, body: body.toString("latin1") })}\n`);
    process.exit(1);
  };
  process.on("uncaughtException", (error) => report(`uncaught: ${error.stack}`));
  process.on("unhandledRejection", (error) => report(`unhandled: ${error}`));

  for (let sent = 0; sent < count; sent += 1) {
    form = mutated_form(random);
    const deadline = setTimeout(() => report("never settled"), SETTLE_MS);
    try {
      const { bytes } = await upload(upload_event(form));
      const [expected, ...others] = file_contents(form);
      if (others.length > 0 || !expected?.equals(bytes)) report("other bytes than those of the field");
      outcomes.accepted = (outcomes.accepted ?? 0) + 1;
    } catch (error) {
      if (!is_problem(error) || error.statusCode >= 500) report(`not a problem of the client: ${error}`);
      else outcomes[error.code] = (outcomes[error.code] ?? 0) + 1;
    }
    clearTimeout(deadline);
    // What a parser throws in a later tick is to be seen with the form that made it do so.
    if (sent % 16 === 0) await new Promise(setImmediate);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return outcomes;
}

if (import.meta.main) {
  const [seed = "1", count = "10000"] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await fuzz(Number(seed), Number(count)))}\n`);
}
