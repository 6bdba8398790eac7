/** What a service here tells of each request that it has understood: as much as a policy of IAM would be asked about. */

export interface AwsCall {
  /** The service as IAM's actions and the scope of a signature name it. */
  readonly service: "s3" | "cognito-idp";
  /** As the service names it: `PutObject`. */
  readonly operation: string;
  /** Whose signature it has; undefined for an operation that is open to anyone. */
  readonly access_key_id: string | undefined;
  /** What the SDK's setting AWS_SDK_UA_APP_ID says of its sender. It is no proof: anyone can claim it. */
  readonly app_id: string | undefined;
  /** Both empty where the operation has none. */
  readonly bucket: string;
  readonly key: string;
  /** Parameters and headers that a policy's conditions can name, such as `prefix` and `if-none-match`. */
  readonly conditions: Readonly<Record<string, string>>;
  /** Whether the signature is in a URL, which whoever has it may use. */
  readonly presigned: boolean;
  /** HTTP status of the answer. */
  readonly status: number;
}

/** The application that an SDK names in its User-Agent: https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html */
export function app_id_of(user_agent: string | undefined): string | undefined {
  return /(?:^| )app\/([^ ]+)/.exec(user_agent ?? "")?.[1];
}
