/** What every function shares; see each module for what it promises. */
export * from "./aws_error.ts";
export * from "./checksum_keys.ts";
export * from "./claimed_photo.ts";
export * from "./config.ts";
export * from "./errors.ts";
export * from "./export_keys.ts";
export * from "./job_keys.ts";
export * from "./jwt.ts";
export * from "./logger.ts";
export * from "./missing.ts";
export * from "./new_photo.ts";
export * from "./photo_keys.ts";
export * from "./photo_metadata.ts";
export * from "./photo_once.ts";
export * from "./sha256.ts";
export * from "./upload_keys.ts";
export * from "./username.ts";
