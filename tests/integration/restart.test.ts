/** A stack that is stopped and started again has lost nothing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InitiateAuthCommand } from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jpeg_of } from "../support/fixture_photos.ts";
import { send } from "./client.ts";
import { cognito_of, new_session, open_session, sign_in } from "./session.ts";
import { start_test_stack } from "./stack.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "photo-uploader-restart-"));
});
afterAll(() => rm(root, { recursive: true }));

describe("a restart", () => {
  it("keeps photos, users, tokens, refresh tokens and cursors", { timeout: 90_000 }, async () => {
    const data_dir = join(root, "data");
    const first = await start_test_stack({ data_dir });
    const before = await new_session(first, "lasting");
    const photos = [jpeg_of(1_000), jpeg_of(2_000), jpeg_of(3_000)];
    for (const bytes of photos) await before.upload(bytes, "kept.jpg");
    const { cursor } = await before.list({ limit: 1 });
    const listed = await before.list();
    await first.close();
    await expect(send(first.url)).rejects.toThrow();

    const second = await start_test_stack({ data_dir });
    try {
      expect(second.cognito.pool_id).toBe(first.cognito.pool_id);
      const after = open_session(second, before, before.token, before.refresh_token);
      expect(await after.list()).toEqual(listed);
      for (const [at, { filename }] of listed.photos.toReversed().entries()) {
        expect((await after.download(filename)).bytes.equals(photos[at] ?? Buffer.alloc(0))).toBe(true);
      }
      expect((await after.list({ cursor })).photos).toEqual(listed.photos.slice(1));

      const again = await sign_in(second, before);
      expect(again.sub).toBe(before.sub);
      await sign_in(second);
      const cognito = cognito_of(second);
      const refreshed = await cognito.send(
        new InitiateAuthCommand({
          ClientId: second.cognito.client_id,
          AuthFlow: "REFRESH_TOKEN_AUTH",
          AuthParameters: { REFRESH_TOKEN: before.refresh_token },
        }),
      );
      cognito.destroy();
      expect(refreshed.AuthenticationResult?.AccessToken).toEqual(expect.any(String));

      const { filename } = await after.upload(jpeg_of(4_000), "kept.jpg");
      expect((await after.list()).photos.map((photo) => photo.filename)).toEqual([
        filename,
        ...listed.photos.map((photo) => photo.filename),
      ]);
    } finally {
      await second.close();
    }
  });
});
