/** What S3 says where there is no such object: 404 to those who may list the bucket, and 403 to everyone else. */
import { http_status, is_named } from "./aws_error.ts";
import { log, loggable } from "./logger.ts";

/** The permission without which S3 does not say that a key is missing, and denies access to it instead. */
export const LISTING = "s3:ListBucket";

/** The IAM action that S3 says was denied; undefined where it only says "Access Denied", or something else. */
export const denied_action = (error: unknown): string | undefined =>
  is_named(error, "AccessDenied") && error instanceof Error
    ? /is not authorized to perform: (\w+:\w+)/.exec(error.message)?.[1]
    : undefined;

/**
 * Whether an object that only we write is not there. A denial that names another permission is none: it comes of a
 * wrong policy, and what waits for us must not be taken for gone. Of a denial that names none there is a warning.
 */
export function is_missing(error: unknown): boolean {
  if (is_named(error, "NoSuchKey") && http_status(error) === 404) return true;
  if (!is_named(error, "AccessDenied") || http_status(error) !== 403) return false;
  const action = denied_action(error);
  if (action === undefined) {
    log.warn("S3 denies an object: it is missing, or this function lacks a permission", {
      error: loggable(error),
    });
  }
  return action === undefined || action === LISTING;
}
