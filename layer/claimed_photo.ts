/**
 * Writes a photo unless its user has it already (docs/decisions/0024-duplicates.md). Who writes it first claims its
 * checksum, and says under which filename the photo is going to be. Everybody else finds the claim, and then the photo; or
 * no photo, and writes it under the very same filename. So there is one photo, whoever stops wherever.
 */
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { http_status, is_named } from "./aws_error.ts";
import { checksum_key, LARGEST_COMPARED } from "./checksum_keys.ts";
import { type NewObject, next_time } from "./new_photo.ts";
import { parse_filename, photo_filename, photo_key } from "./photo_keys.ts";
import { type PhotoFacts, type PresentPhoto, photo_metadata } from "./photo_metadata.ts";
import type { Look, Origin } from "./photo_once.ts";
import { new_upload_id } from "./upload_keys.ts";

export interface Claim {
  /** Where the photo is, or is to be. */
  readonly filename: string;
  /** As the client sent it whose claim it is. */
  readonly original_name: string;
}

export interface FoundClaim extends Claim {
  /** Another one for each writing of a claim, even if it says the same. */
  readonly etag: string;
  readonly claimed_at: Date;
}

/** Where the claims are. */
export interface Claims {
  /** undefined where there is none */
  read(key: string): Promise<FoundClaim | undefined>;
  /**
   * @param etag of the claim that it takes the place of; undefined where there must be none
   * @returns false where that is not so, or another one is being written at this moment
   */
  write(key: string, claim: Claim, etag?: string): Promise<boolean>;
}

/** What S3 answers to GetObject, as far as it matters here. */
interface ClaimObject {
  readonly Body?: { transformToString(): Promise<string> } | undefined;
  readonly ETag?: string | undefined;
  readonly LastModified?: Date | undefined;
}

/** What is put in the place of a claim, or where there is none; spread into the parameters of the S3 command. */
export interface NewClaim {
  readonly Key: string;
  readonly Body: Uint8Array;
  readonly ContentType: string;
  readonly IfNoneMatch?: "*";
  readonly IfMatch?: string;
}

/** A claim as S3 gives it; undefined where there is none. */
export async function read_claim({
  Body,
  ETag: etag = "",
  LastModified: claimed_at = new Date(0),
}: ClaimObject = {}): Promise<FoundClaim | undefined> {
  if (Body === undefined) return undefined;
  const text = await Body.transformToString();
  return { ...claim_in(text), etag, claimed_at };
}

/** One that cannot be read names no photo: it is to be replaced. */
function claim_in(text: string): Claim {
  try {
    const { filename, original_name } = JSON.parse(text);
    return { filename: String(filename), original_name: String(original_name) };
  } catch {
    return { filename: "", original_name: "" };
  }
}

/** Claims that are objects, which `put` writes. */
export const claims_by = (read: Claims["read"], put: (object: NewClaim) => Promise<unknown>): Claims => ({
  read,
  write: async (key, claim, etag) => {
    try {
      await put({
        Key: key,
        // An ETag is made of the bytes, and has to be another one even if a claim says the same as before.
        Body: Buffer.from(JSON.stringify({ ...claim, written: randomUUID() })),
        ContentType: "application/json",
        ...(etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: etag }),
      });
      return true;
    } catch (error) {
      const gone = etag !== undefined && http_status(error) === 404;
      if (gone || is_named(error, TAKEN) || is_named(error, BEING_WRITTEN)) return false;
      throw error;
    }
  },
});

const TAKEN = "PreconditionFailed";
const BEING_WRITTEN = "ConditionalRequestConflict";

export interface PhotoToClaim {
  readonly user: string;
  readonly original_name: string;
  readonly facts: PhotoFacts & { readonly sha256: string };
}

export interface PlacedPhoto {
  readonly filename: string;
  /** Whether the user had it already, by another upload. */
  readonly duplicate: boolean;
}

/**
 * So long after a claim, others write the photo under its filename without more ado. Whoever does so ends before the
 * claim can be replaced: no function runs for longer than 5 minutes.
 */
const HELP_MS = 5 * 60_000;

/** From then on, nobody can be at it any more: the photo was deleted, or its writer has died. */
const REPLACE_MS = 15 * 60_000;

/** How often it is begun anew, since something has changed meanwhile, and the longest pause before that. */
const TRIES = 50;
const CONFLICT_MS = 200;

/** Of a photo whose upload is never repeated by us. */
export const new_origin = (): Origin => ({ id: new_upload_id(), times: new_times() });

function* new_times(): Generator<Date, void, undefined> {
  for (;;) yield next_time();
}

/** A photo that is about to be written. */
export interface PhotoToPlace {
  readonly user: string;
  /** As the client sent it. */
  readonly original_name: string;
  /** With a SHA-256 where it is looked for duplicates. */
  readonly facts: PhotoFacts;
  /** Where its upload may be tried again. */
  readonly origin?: Origin;
}

/** What is there, and what is claimed. */
export interface PlacesOfPhotos {
  readonly claims: Claims;
  readonly look: Look;
}

/** @param otherwise writes a photo of which nothing is compared */
export async function placed_photo(
  { user, original_name, facts, origin = new_origin() }: PhotoToPlace,
  { claims, look }: PlacesOfPhotos,
  write: (object: NewObject) => Promise<unknown>,
  otherwise: () => Promise<{ readonly filename: string }>,
): Promise<PlacedPhoto> {
  const { sha256 } = facts;
  if (sha256 === undefined) return { ...(await otherwise()), duplicate: false };
  return write_claimed_photo(
    { user, original_name, facts: { ...facts, sha256 } },
    origin,
    claims,
    write,
    look,
  );
}

/** Whether it is looked for duplicates of a photo of so many bytes: then its SHA-256 is among its facts. */
export const is_compared = (
  { finds_duplicates = false }: { readonly finds_duplicates?: boolean },
  size: number,
): boolean => finds_duplicates && size <= LARGEST_COMPARED;

/** @param now milliseconds since the epoch */
export async function write_claimed_photo(
  photo: PhotoToClaim,
  { id, times }: Origin,
  claims: Claims,
  write: (object: NewObject) => Promise<unknown>,
  look: Look,
  now: () => number = Date.now,
): Promise<PlacedPhoto> {
  const { user, facts } = photo;
  const is_it = ({ origin, sha256 }: PresentPhoto): boolean => origin === id || sha256 === facts.sha256;
  const own = own_claims(photo, times);
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const held = await hold({ photo, own, claims, look, is_it, now });
    if (held !== undefined) {
      const { filename, original_name: name } = held.claim;
      const there = held.there ?? (await written(object_of(user, filename, name, facts, id), write, look));
      if (there === "new") return { filename, duplicate: false };
      if (there !== undefined && is_it(there)) return { filename, duplicate: there.origin !== id };
    }
    await setTimeout(Math.random() * CONFLICT_MS);
  }
  throw new Error("the claim of a photo changes all the time");
}

interface Holding {
  readonly photo: PhotoToClaim;
  readonly own: OwnClaims;
  readonly claims: Claims;
  readonly look: Look;
  is_it(there: PresentPhoto): boolean;
  now(): number;
}

interface Held {
  /** Under whose filename the photo is to be written. */
  readonly claim: Claim;
  /** Where it is there. */
  readonly there?: PresentPhoto;
}

/** undefined where something has changed meanwhile */
async function hold({ photo, own, claims, look, is_it, now }: Holding): Promise<Held | undefined> {
  const { user, facts } = photo;
  const key = checksum_key(user, facts.sha256);
  const take = async (claim: Claim, etag?: string): Promise<Held | undefined> =>
    (await claims.write(key, claim, etag)) ? { claim } : undefined;
  const taken = await take(own.claim());
  if (taken !== undefined) return taken;
  const found = await claims.read(key);
  if (found === undefined) return undefined;
  const { filename, original_name, etag, claimed_at } = found;
  if (parse_filename(filename) === undefined) return take(own.claim(), etag);
  const there = await look(photo_key(user, filename));
  if (there !== undefined) {
    // Or another photo has had the key by chance.
    return is_it(there) ? { claim: found, there } : take(own.claim_but(filename), etag);
  }
  const age = now() - claimed_at.getTime();
  if (age < HELP_MS) return { claim: found };
  // Claimed anew, it cannot be replaced while the photo is being written.
  return take(age < REPLACE_MS ? { filename, original_name } : own.claim(), etag);
}

interface OwnClaims {
  claim(): Claim;
  /** For another filename than this one. */
  claim_but(filename: string): Claim;
}

/** A filename is made of the first time, until another photo is found to have it. */
function own_claims({ original_name }: PhotoToClaim, times: Iterable<Date>): OwnClaims {
  const iterator = times[Symbol.iterator]();
  const next = (): Claim => {
    const { value, done } = iterator.next();
    if (done === true) throw new Error("other photos have every key that this one could have");
    return { filename: photo_filename(value, original_name), original_name };
  };
  let own: Claim | undefined;
  const claim = (): Claim => {
    own ??= next();
    return own;
  };
  return {
    claim,
    claim_but: (filename) => {
      while (claim().filename === filename) own = undefined;
      return claim();
    },
  };
}

const object_of = (
  user: string,
  filename: string,
  original_name: string,
  facts: PhotoFacts,
  id: string,
): NewObject => ({
  Key: photo_key(user, filename),
  IfNoneMatch: "*",
  Metadata: photo_metadata(original_name, facts, id),
});

/** What was there already; undefined where that has gone again, or is being written at this moment. */
async function written(
  object: NewObject,
  write: (object: NewObject) => Promise<unknown>,
  look: Look,
): Promise<"new" | PresentPhoto | undefined> {
  try {
    await write(object);
    return "new";
  } catch (error) {
    if (is_named(error, TAKEN)) return look(object.Key);
    if (is_named(error, BEING_WRITTEN)) return undefined;
    throw error;
  }
}
