import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OTHER_PASSWORD, open_test_pool, PASSWORD, tokens_of } from "./cognito/test_pool.ts";

const SCRIPT = join(import.meta.dirname, "../../local/user.ts");

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function run(port: number, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, COGNITO_PORT: String(port) };
    const child = execFile(process.execPath, [SCRIPT, ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** A port of which nothing answers. */
async function free_port(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("npm run user", () => {
  it("adds a user who can sign in, and says so in one line", async () => {
    const pool = await open_test_pool();
    expect(await run(pool.cognito.port, "add", "bob@example.com", PASSWORD)).toEqual({
      code: 0,
      stdout: "Added bob@example.com, ready to sign in.\n",
      stderr: "",
    });
    tokens_of(await pool.sign_in("bob@example.com"));
  });

  it("adds a user who has to choose a password", async () => {
    const pool = await open_test_pool();
    const { code, stdout } = await run(pool.cognito.port, "add", "bob@example.com", PASSWORD, "--temporary");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "Added bob@example.com, with a temporary password.\n",
    });
    expect((await pool.sign_in("bob@example.com")).ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
  });

  it("says that the user exists, and leaves the password alone", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ email: "bob@example.com" });
    expect(await run(pool.cognito.port, "add", "Bob@example.com", OTHER_PASSWORD)).toEqual({
      code: 1,
      stdout: "",
      stderr: "There is already a user Bob@example.com.\n",
    });
    tokens_of(await pool.sign_in("bob@example.com"));
  });

  it("says which rule the password breaks, and that a name is no e-mail", async () => {
    const pool = await open_test_pool();
    const [weak, name] = await Promise.all([
      run(pool.cognito.port, "add", "bob@example.com", "no-uppercase-1"),
      run(pool.cognito.port, "add", "bob", PASSWORD),
    ]);
    expect(weak).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "The password was refused. Password did not conform with policy: Password must have uppercase characters.\n",
    });
    expect(name).toEqual({
      code: 1,
      stdout: "",
      stderr: "bob could not be added: Username should be an email.\n",
    });
  });

  it("says how to start the stack when it does not run", async () => {
    const port = await free_port();
    expect(await run(port, "add", "bob@example.com", PASSWORD)).toEqual({
      code: 1,
      stdout: "",
      stderr: `Nothing answers at http://127.0.0.1:${port}. Start the stack with npm start, then try again.\n`,
    });
  });

  it.each([
    [[]],
    [["add"]],
    [["add", "bob@example.com"]],
    [["remove", "bob@example.com", PASSWORD]],
    [["add", "bob@example.com", PASSWORD, "more"]],
    [["add", "bob@example.com", PASSWORD, "--permanent"]],
  ])("prints its usage for %j", async (args) => {
    const { code, stdout, stderr } = await run(1, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: npm run user -- add NAME PASSWORD \[--temporary\]/);
  });
});
