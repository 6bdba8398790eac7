import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { photo_filename } from "../../layer/photo_keys.ts";
import { cursors } from "../../storage/cursor.ts";
import { sealer } from "../../storage/sealed.ts";
import { caught } from "../support/caught.ts";
import { file_name, time, user_name } from "../support/names.ts";

const SECRET = "a secret of at least 32 characters";
const FILENAME = "20261123T101530123Z_beach-canary.jpg";
const POSITION = { filename: FILENAME, starts: [0, 1_795_000_000_000] };

const { seal, open } = cursors(SECRET);

const refused = {
  code: "invalid_cursor",
  statusCode: 400,
  details: { errors: [{ field: "cursor", message: expect.any(String) }] },
};

/** What a cursor opens to, or the code of the problem. */
const opened = async (user: string, cursor: string): Promise<unknown> => {
  try {
    return open(user, cursor);
  } catch (error) {
    expect(error).toMatchObject(refused);
    return "refused";
  }
};

describe("a cursor", () => {
  it("opens to the filename that was sealed in it, for every user and name", async () => {
    await fc.assert(
      fc.asyncProperty(user_name, time, file_name, async (user, uploaded_at, name) => {
        const filename = photo_filename(uploaded_at, name);
        const cursor = seal(user, { filename, starts: [1, 2] });
        expect(open(user, cursor)).toEqual({ filename, starts: [1, 2] });
        expect(cursor).toMatch(/^[\w.-]{1,4096}$/);
      }),
    );
  });

  it("opens in another instance of the function, which has the same key", async () => {
    expect(cursors(SECRET).open("ann", seal("ann", POSITION))).toEqual(POSITION);
  });

  it("is of what was asked for, and refused with anything else", async () => {
    const cursor = seal("ann", POSITION, "from 2026");
    expect(open("ann", cursor, "from 2026")).toEqual(POSITION);
    expect(await caught(() => open("ann", cursor, "from 2025"))).toMatchObject(refused);
    expect(await caught(() => open("ann", cursor))).toMatchObject(refused);
    expect(await caught(() => open("ann", seal("ann", POSITION), "from 2026"))).toMatchObject(refused);
  });

  it("of before there were filters is of all photos", () => {
    const old = sealer(SECRET, "list cursor").seal("ann", { filename: FILENAME });
    expect(open("ann", old)).toEqual({ filename: FILENAME, starts: [] });
  });

  it("is never longer than a request may have it, and keeps the newest starts", () => {
    const starts = Array.from(
      { length: 1_000 },
      (_, index) => Date.parse("2026-11-23T10:15:30.123Z") + index,
    );
    const filename = `20261123T101530123Z_${'"'.repeat(255)}`;
    const cursor = seal("ann", { filename, starts }, "x".repeat(22));
    expect(cursor.length).toBeLessThanOrEqual(2_100);
    expect(open("ann", cursor, "x".repeat(22))).toEqual({ filename, starts: starts.slice(-64) });
  });

  it("is refused of another user, with every user's name", async () => {
    await fc.assert(
      fc.asyncProperty(user_name, user_name, async (user, other) => {
        fc.pre(user !== other);
        expect(await opened(other, seal(user, POSITION))).toBe("refused");
      }),
    );
  });

  it("is refused where it was sealed with another key", async () => {
    const cursor = cursors(`${SECRET}!`).seal("ann", POSITION);
    expect(await caught(() => open("ann", cursor))).toMatchObject(refused);
  });

  it("is refused with any bit of it changed", async () => {
    const sealed = Buffer.from(seal("ann", POSITION), "base64url");
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(await opened("ann", changed.toString("base64url")), `bit ${bit}`).toBe("refused");
    }
  });

  it("is refused with any character of it changed", async () => {
    const cursor = seal("ann", POSITION);
    const signs = "AQgw_-.09z%\0 ";
    for (let at = 0; at < cursor.length; at += 1) {
      for (const sign of signs) {
        const forged = `${cursor.slice(0, at)}${sign}${cursor.slice(at + 1)}`;
        expect(await opened("ann", forged)).toEqual(forged === cursor ? POSITION : "refused");
      }
    }
  });

  it("is refused shortened, lengthened or spliced", async () => {
    const [one, other] = [
      seal("ann", POSITION),
      seal("ann", { ...POSITION, filename: FILENAME.replace("beach", "cliff") }),
    ];
    // Where both have the same sign, the splice may be one of them.
    const spliced = Array.from({ length: one.length - 1 }, (_, index) => index + 1)
      .map((at) => one.slice(0, at) + other.slice(at))
      .filter((cursor) => cursor !== one && cursor !== other);
    for (const cursor of [
      one.slice(1),
      one.slice(0, -2),
      `${one}.`,
      `${one}=`,
      `${one}${other}`,
      ...spliced,
    ]) {
      expect(await opened("ann", cursor)).toBe("refused");
    }
  });

  it("is refused if it is anything else", async () => {
    const rubbish = fc.oneof(
      fc.string(),
      file_name,
      fc.base64String(),
      fc.stringMatching(/^[\w-]*(\.[\w-]*){4}$/),
    );
    await fc.assert(
      fc.asyncProperty(rubbish, async (cursor) => {
        expect(await opened("ann", cursor)).toBe("refused");
      }),
    );
  });

  it("that is shorter than any is refused", async () => {
    for (let length = 0; length < 60; length += 1) {
      expect(await opened("ann", "A".repeat(length))).toBe("refused");
    }
  });

  it.each([
    ["an unsigned token", "eyJhbGciOiJub25lIn0.eyJmaWxlbmFtZSI6ImEiLCJzdWIiOiJhbm4ifQ."],
    ["a filename", FILENAME],
    ["a whole key", `ann/${FILENAME}`],
    ["nothing", ""],
  ])("is refused if it is %s", async (_, cursor) => {
    expect(await opened("ann", cursor)).toBe("refused");
  });

  it("reveals neither filename nor user, in any encoding", async () => {
    const cursor = seal("ann-canary", POSITION);
    const decoded = cursor.split(".").flatMap((part) => {
      const bytes = Buffer.from(part, "base64url");
      return [bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("base64")];
    });
    const shown = [cursor, ...decoded].join("\n").toLowerCase();
    for (const secret of [FILENAME, "canary", "20261123", "beach", "ann-"]) {
      const bytes = Buffer.from(secret);
      for (const form of [
        secret,
        bytes.toString("hex"),
        ...base64_forms(bytes),
        encodeURIComponent(secret),
      ]) {
        expect(shown).not.toContain(form.toLowerCase());
      }
    }
  });

  it("is another one each time, so that two cannot be compared", async () => {
    expect(seal("ann", POSITION)).not.toBe(seal("ann", POSITION));
  });
});

/** How bytes look within a base64 text, at each of the three places where they may begin. */
const base64_forms = (bytes: Buffer): string[] =>
  [0, 1, 2].map((offset) => {
    const signs = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64url");
    return signs.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
