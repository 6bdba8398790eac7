/** The one folder that holds the laptop stack's data: whose it is, who uses it, and how it is emptied. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartError } from "./start_error.ts";

export type DataDir = {
  readonly path: string;
  /** A folder in it, made when it is not there. */
  readonly folder: (name: string) => string;
  /** The secret of this name, 32 random bytes as base64url: made once, then the same at every start. */
  readonly secret: (name: string) => string;
  /** Lets another stack use the folder. */
  readonly close: () => void;
};

/** Its presence says that the folder is ours, and so that it may be emptied. */
const MARKER = ".photo-uploader-data";
const LOCK = "stack.lock";

const SQLITE_BUSY = 5;
const SECRET_BYTES = 32;

/**
 * Takes the folder for this process; it is made when it is not there, and emptied first when `reset` says so.
 * @throws StartError when the folder holds something else, or another stack uses it.
 */
export function open_data_dir(dir: string, { reset = false } = {}): DataDir {
  claim(dir);
  const lock = take_lock(dir);
  if (reset) empty(dir);
  return {
    path: dir,
    folder(name) {
      const folder = path.join(dir, name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    secret: (name) => read_secret(path.join(dir, name)),
    close: () => lock.close(),
  };
}

function claim(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (existsSync(path.join(dir, MARKER))) return;
  if (readdirSync(dir).length > 0) {
    throw new StartError(
      `${dir} holds something that photo-uploader did not put there (it has no ${MARKER}). ` +
        "Set DATA_DIR to a new folder.",
    );
  }
  writeFileSync(
    path.join(dir, MARKER),
    "The data of photo-uploader on this machine; `npm start -- --reset` empties it.\n",
  );
}

/**
 * An exclusive lock of SQLite is one of the operating system: it ends with the process, however that ends, so
 * that a stack that was killed leaves nothing to clean up.
 */
function take_lock(dir: string): DatabaseSync {
  const lock = new DatabaseSync(path.join(dir, LOCK));
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new StartError(
        `${dir} is in use by another stack. Stop that one, or set DATA_DIR to another folder.`,
      );
    }
    throw error;
  }
}

/** Keeps the folder itself, its marker and the lock that is held. */
function empty(dir: string): void {
  for (const name of readdirSync(dir)) {
    if (name !== MARKER && !name.startsWith(LOCK))
      rmSync(path.join(dir, name), { recursive: true, force: true });
  }
}

function read_secret(file: string): string {
  if (!existsSync(file))
    writeFileSync(file, randomBytes(SECRET_BYTES).toString("base64url"), { mode: 0o600 });
  const secret = readFileSync(file, "utf8");
  if (Buffer.from(secret, "base64url").length < SECRET_BYTES) {
    throw new StartError(`${file} is damaged. Remove it, and a new one is made.`);
  }
  return secret;
}
