/** What `npm start` prints: where everything is, and lines to paste into bash. */
import type { Config } from "./config.ts";
import { BUCKET, CREDENTIALS, DEMO_USER, REGION } from "./config.ts";
import type { Samples } from "./samples.ts";

export type StartPage = {
  readonly url: string;
  readonly s3_url: string;
  readonly cognito_url: string;
  readonly pool_id: string;
  readonly client_id: string;
  readonly mail_file: string;
  /** With the number of dead letters of each. */
  readonly queues: readonly { readonly name: string; readonly dead: number }[];
  readonly config: Pick<Config, "data_dir" | "token_header" | "queue_chaos">;
  readonly samples: Samples;
};

export function start_page(page: StartPage): string {
  return `photo-uploader runs on this machine.

  API      ${page.url}
  Docs     ${page.url}/docs
  S3       ${page.s3_url}  bucket ${BUCKET}, region ${REGION}, access key ${CREDENTIALS.accessKeyId} / ${CREDENTIALS.secretAccessKey}
  Cognito  ${page.cognito_url}  pool ${page.pool_id}, client ${page.client_id}; its e-mails go to ${page.mail_file}
${queue_lines(page).join("")}  Data     ${page.config.data_dir}
  User     ${DEMO_USER.username} / ${DEMO_USER.password}

Paste these into bash, in this order:

${curl_lines(page).join("\n")}
`;
}

function queue_lines({ queues, config }: StartPage): string[] {
  if (queues.length === 0) return [];
  const names = queues.map(({ name }) => name).join(", ");
  const chaos = config.queue_chaos ? "; every message comes twice, and in no order (QUEUE_CHAOS)" : "";
  const dead = queues
    .filter((queue) => queue.dead > 0)
    .map(
      (queue) => `           ${queue.name} has given up ${queue.dead}: npm start -- --redrive tries again\n`,
    );
  return [`  Queues   ${names}${chaos}\n`, ...dead];
}

/** One line for each endpoint. They need curl and sed; the first two leave TOKEN and FILENAME to the others. */
export function curl_lines({ url, config, samples }: StartPage): string[] {
  const json = "-H 'content-type: application/json'";
  const token = `-H "${config.token_header}: $TOKEN"`;
  return [
    `export TOKEN=$(curl -sS ${url}/login ${json} -d ${quoted(JSON.stringify(DEMO_USER))} | ${field("jwt")})`,
    `export FILENAME=$(curl -sS ${url}/upload_single_photo ${token} -F ${quoted(`file=${curl_file(samples.photo)}`)} | ${field("filename")}); echo "$FILENAME"`,
    `curl -sS ${url}/unzip ${token} -F ${quoted(`archive=${curl_file(samples.archive)}`)}; echo`,
    `curl -sS ${url}/list -X POST ${token}; echo`,
    `curl -sS ${url}/download ${token} ${json} -d "{\\"filename\\":\\"$FILENAME\\"}" -o downloaded.png && ls -l downloaded.png`,
    `curl -sS ${url}/delete ${token} ${json} -d "{\\"file\\":\\"$FILENAME\\"}"; echo`,
  ];
}

/** Takes a string out of a flat JSON object without a program that may not be there. */
function field(name: string): string {
  return `sed -E 's/.*"${name}": ?"([^"]*)".*/\\1/'`;
}

/** A word of bash that stands for the text as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A file as curl's -F wants it: quoted, since a path may hold a comma or a semicolon. */
function curl_file(file: string): string {
  return `@"${file.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
