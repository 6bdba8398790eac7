/** What each function is given: its largest input, and for some what people usually send. */
import * as z from "zod";
import { DEMO_USER } from "../../local/config.ts";
import { file_event, json_event, token_event } from "./events.ts";
import { archive, inflating_photo, many_objects, photo, unsafe_archive } from "./inputs.ts";
import { BEGINNER, COLLECTOR, type Services } from "./services.ts";

export interface Case {
  readonly function_name: string;
  readonly title: string;
  /** Made anew for each invocation. */
  readonly event: () => Promise<object>;
  /** Throws for an answer that is not the expected one: what failed early has used little. */
  readonly check: (answer: string) => void;
}

const USER = "photographer";

/** A photo or an archive of this size fills an event, which holds it in base64, up to a few KB. */
const LARGEST_FILE = 4_700_000;
/** What a text leaves of an event for the rest of it. */
const LARGEST_TEXT = 6_280_000;
const LONGEST_JSON = 65_536;
/** Of those that may name 1,000 photos. */
const LONGEST_LIST = 1_000_000;
const LARGEST_ANSWERED_PHOTO = 4_500_000;

const http_answer = z.object({ statusCode: z.number(), body: z.string() });
const verdict = z.object({ isAuthorized: z.literal(true) });
const stored = z.object({ uploaded: z.array(z.object({})) });

const status = (expected: number) => (text: string) => {
  const answer = http_answer.parse(JSON.parse(text));
  if (answer.statusCode !== expected) {
    throw new Error(`HTTP ${answer.statusCode} in place of ${expected}: ${answer.body.slice(0, 300)}`);
  }
  return answer;
};

const all_stored = (entries: number) => (text: string) => {
  const { uploaded } = stored.parse(JSON.parse(status(200)(text).body));
  if (uploaded.length < entries) throw new Error(`${uploaded.length} of ${entries} photos were stored`);
};

/** Makes the event once and gives it again and again. */
function always(made: Promise<object>): () => Promise<object> {
  return () => made;
}

const archive_case = (title: string, entries: number, bytes: Buffer): Case => ({
  function_name: "unzip",
  title,
  event: always(file_event("/unzip", "archive", bytes, USER)),
  check: all_stored(entries),
});

const photo_case = (title: string, bytes: Buffer): Case => ({
  function_name: "upload_single_photo",
  title,
  event: always(file_event("/upload_single_photo", "file", bytes, USER)),
  check: status(201),
});

/** Which every endpoint refuses unread, since as many objects would take hundreds of MB. */
const refused_json = (function_name: string, username?: string): Case => ({
  function_name,
  title: "6.3 MB of JSON, refused",
  event: async () => json_event(`/${function_name}`, many_objects(LARGEST_TEXT), username),
  check: status(400),
});

/** As long as a body may be that is read. */
const longest_json = (function_name: string, username?: string, characters = LONGEST_JSON): Case => ({
  function_name,
  title: `${characters.toLocaleString("en")} characters of JSON that stand for ${Math.floor(characters / 3).toLocaleString("en")} objects`,
  event: async () => json_event(`/${function_name}`, many_objects(characters), username),
  check: status(400),
});

export async function cases({ token, put, remove }: Services): Promise<Case[]> {
  const answered = await put(USER_OF_DOWNLOADS, photo(LARGEST_ANSWERED_PHOTO));
  return [
    {
      function_name: "authorizer",
      title: "a valid token",
      event: async () => token_event(token),
      check: (text) => verdict.parse(JSON.parse(text)),
    },
    {
      function_name: "login",
      title: "a sign-in",
      event: async () => json_event("/login", DEMO_USER),
      check: status(200),
    },
    refused_json("login"),
    longest_json("login"),
    photo_case("a photo of 4.7 MB", photo(LARGEST_FILE)),
    photo_case("a photo of 3 MB", photo(3_000_000)),
    archive_case(
      "2,000 photos of 2.2 KB",
      2_000,
      archive(2_000, (i) => photo(2_200, i), false),
    ),
    archive_case(
      "12 photos of 8.3 MB, 24 times smaller in the archive",
      12,
      archive(12, (i) => inflating_photo(8_300_000, i), true),
    ),
    archive_case(
      "2 photos of 49.9 MB, 24 times smaller in the archive",
      2,
      archive(2, (i) => inflating_photo(49_900_000, i), true),
    ),
    {
      function_name: "unzip",
      title: "2,000 entries with unsafe names, all of which are answered",
      event: always(file_event("/unzip", "archive", unsafe_archive(2_000), USER)),
      check: status(200),
    },
    archive_case(
      "3 photos of 1.5 MB",
      3,
      archive(3, (i) => photo(1_500_000, i), true),
    ),
    {
      function_name: "download",
      title: "a photo of 4.5 MB",
      event: async () => json_event("/download", { filename: answered }, USER_OF_DOWNLOADS),
      check: status(200),
    },
    refused_json("download", USER),
    {
      function_name: "list",
      title: "as many of 45,000 photos as one answer holds",
      event: async () => json_event("/list", {}, COLLECTOR),
      check: status(200),
    },
    {
      function_name: "list",
      title: "the newest 50 of 45,000 photos",
      event: async () => json_event("/list", { limit: 50 }, COLLECTOR),
      check: status(200),
    },
    {
      function_name: "list",
      title: "the newest 50 of 900 photos",
      event: async () => json_event("/list", { limit: 50 }, BEGINNER),
      check: status(200),
    },
    refused_json("list", USER),
    {
      function_name: "delete",
      title: "a photo",
      event: async () => json_event("/delete", { file: await put(USER, photo(1_000)) }, USER),
      check: status(200),
    },
    refused_json("delete", USER),
    {
      function_name: "delete",
      title: "1,000 photos",
      event: async () => {
        const files = Array.from({ length: 1_000 }, () => put(USER, photo(100)));
        return json_event("/delete", { files: await Promise.all(files) }, USER);
      },
      check: status(200),
    },
    longest_json("delete", USER, LONGEST_LIST),
    {
      function_name: "restore",
      title: "1,000 photos",
      event: async () => {
        const deleted = Array.from({ length: 1_000 }, async () => {
          const file = await put(USER, photo(100));
          await remove(USER, file);
          return file;
        });
        return json_event("/restore", { files: await Promise.all(deleted) }, USER);
      },
      check: status(200),
    },
    refused_json("restore", USER),
    longest_json("restore", USER, LONGEST_LIST),
  ];
}

/** Whose photos the cases leave behind. */
export const WRITING_USER = USER;

const USER_OF_DOWNLOADS = "downloader";
