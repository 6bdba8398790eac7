import { describe, expect, it } from "vitest";
import { sealer } from "../../storage/sealed.ts";
import { type Upload, upload_ids } from "../../storage/upload_id.ts";
import { caught_problem } from "../support/caught.ts";

const SECRET = "a secret of at least 32 characters";
const { seal, open } = upload_ids(SECRET);

const upload: Upload = {
  id: "0".repeat(26),
  kind: "archive",
  size: 5 * 1024 ** 3,
  crc32: "0009aaff",
  multipart: "x".repeat(128),
};
const later = (): Date => new Date(Date.now() + 60_000);

describe("the id of an upload", () => {
  it("holds what was asked for, in no more than the schema takes", () => {
    const id = seal("ann", upload, later());
    expect(open("ann", id)).toEqual(upload);
    expect(id.length).toBeLessThan(1_000);
  });

  it("tells nothing", () => {
    const id = seal("ann-canary", upload, later());
    const bytes = Buffer.from(id, "base64url").toString("latin1");
    for (const word of ["ann", "canary", "archive", "0009aaff", upload.id]) expect(bytes).not.toContain(word);
  });

  it("is the same 404 if it is another's, expired, of another purpose or made up", async () => {
    const ids = [
      ["bob", seal("ann", upload, later())],
      ["ann", seal("ann", upload, new Date())],
      ["ann", sealer(SECRET, "list cursor").seal("ann", upload)],
      ["ann", sealer(SECRET, "upload id").seal("ann", { filename: "x" })],
      ["ann", upload.id],
      ["ann", ""],
    ] as const;
    const problems = await Promise.all(ids.map(([user, id]) => caught_problem(() => open(user, id))));
    for (const { details, statusCode } of problems) {
      expect(statusCode).toBe(404);
      expect(details).toEqual(problems[0]?.details);
    }
  });
});
