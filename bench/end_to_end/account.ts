/** Whose requests the S3 of the bench takes. */
export const REGION = "eu-central-1";
export const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local-secret" };
export const BUCKET = "bench";

/** How the Python candidate is told. */
export const python_environment = {
  NO_PROXY: "127.0.0.1",
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_DEFAULT_REGION: REGION,
};
