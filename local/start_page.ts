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

/**
 * Lines for each endpoint, and for what is sent to S3 itself. They need curl, grep, sed and sha256sum; those with `export` leave
 * what the ones behind them need.
 */
export function curl_lines(page: StartPage): string[] {
  const { url, config, samples } = page;
  const json = "-H 'content-type: application/json'";
  const token = `-H "${config.token_header}: $TOKEN"`;
  return [
    `curl -sS ${url}/openapi.json -o openapi.json -w '%{http_code}\\n'`,
    `export LOGIN=$(curl -sS ${url}/login ${json} -d ${quoted(JSON.stringify(DEMO_USER))})`,
    `export TOKEN=$(echo "$LOGIN" | ${field("jwt")}) && export REFRESH=$(echo "$LOGIN" | ${field("refreshToken")})`,
    `export TOKEN=$(curl -sS ${url}/refresh ${json} -d "{\\"refreshToken\\":\\"$REFRESH\\"}" | ${field("jwt")})`,
    `export FILENAME=$(curl -sS ${url}/upload_single_photo ${token} -F ${quoted(`file=${curl_file(samples.photo)}`)} | ${field("filename")}); echo "$FILENAME"`,
    `curl -sS ${url}/unzip ${token} -F ${quoted(`archive=${curl_file(samples.archive)}`)}; echo`,
    ...known_photo(page),
    ...photo_by_form(page),
    ...archive_in_parts(page),
    `${post(page, "list", '{"details":true}')}; echo`,
    `${post(page, "download", '{"filename":"$FILENAME"}')} -o downloaded.png && ls -l downloaded.png`,
    `export JOB=$(${post(page, "download", '{"all":true}')} | ${field("jobId")})`,
    until_done(page),
    `curl -sS -o photos.zip "$(${post(page, "job", '{"jobId":"$JOB"}')} | ${field("url")})" && ls -l photos.zip`,
    `${post(page, "delete", '{"file":"$FILENAME"}')}; echo`,
    `${post(page, "restore", '{"files":["$FILENAME"]}')}; echo`,
    `curl -sS ${url}/logout ${json} -d "{\\"refreshToken\\":\\"$REFRESH\\"}" -w '%{http_code}\\n'`,
  ];
}

/** As a client asks before it sends a photo. */
function known_photo(page: StartPage): string[] {
  const { photo } = page.samples;
  const known = '{"photos":[{"name":"sunset.png","size":$SIZE,"checksum":"$SHA256"}]}';
  return [
    `export SIZE=$(wc -c < ${quoted(photo)}) SHA256=$(sha256sum < ${quoted(photo)} | cut -d " " -f 1) && ${post(page, "check", known)}; echo`,
  ];
}

/** As a photo of any size goes. The form's fields become options of curl; with `form-string` no sign in them is special. */
function photo_by_form(page: StartPage): string[] {
  const { photo } = page.samples;
  const form = '{"name":"sunset.png","size":$SIZE,"contentType":"image/png","kind":"photo"}';
  const fields = `sed -E 's/.*"fields": ?\\{([^}]*)\\}.*/\\1/' | grep -oE '"[^"]+": ?"[^"]*"'`;
  const options = `sed -E 's/"([^"]+)": ?"([^"]*)"/form-string = "\\1=\\2"/'`;
  return [
    `export SIZE=$(wc -c < ${quoted(photo)}) && export FORM=$(${post(page, "request_upload", form)})`,
    `echo "$FORM" | ${fields} | ${options} | curl -sS -w '%{http_code}\\n' -K - -F ${quoted(`file=${curl_file(photo)}`)} "$(echo "$FORM" | ${field("url")})"`,
    `export UPLOAD=$(echo "$FORM" | ${field("uploadId")}) && ${post(page, "complete_upload", '{"uploadId":"$UPLOAD"}')}; echo`,
  ];
}

/** As an archive of any size goes, though this one has one part; and one that is not sent after all. */
function archive_in_parts(page: StartPage): string[] {
  const { archive } = page.samples;
  const parts =
    '{"name":"holiday.zip","size":$SIZE,"contentType":"application/zip","kind":"archive","multipart":true}';
  const request = `export UPLOAD=$(${post(page, "request_upload", parts)} | ${field("uploadId")})`;
  return [
    `export SIZE=$(wc -c < ${quoted(archive)}) && ${request}`,
    `export PART=$(${post(page, "upload_parts", '{"uploadId":"$UPLOAD","sign":[1]}')} | ${field("1")})`,
    `curl -sS -w '%{http_code}\\n' -g -T ${quoted(archive)} "$PART"`,
    `export JOB=$(${post(page, "complete_upload", '{"uploadId":"$UPLOAD"}')} | ${field("jobId")})`,
    until_done(page),
    `${request} && ${post(page, "cancel_upload", '{"uploadId":"$UPLOAD"}')} -w '%{http_code}\\n'`,
  ];
}

/** Asks for the job until it is done, or refused. */
const until_done = (page: StartPage): string =>
  `while ANSWER=$(${post(page, "job", '{"jobId":"$JOB"}')}); echo "$ANSWER"; [[ $ANSWER =~ \\"(queued|running)\\" ]]; do sleep 1; done`;

/** @param body JSON, in which bash puts its variables */
function post({ url, config }: StartPage, endpoint: string, body: string): string {
  const headers = `-H "${config.token_header}: $TOKEN" -H 'content-type: application/json'`;
  return `curl -sS ${url}/${endpoint} ${headers} -d "${body.replaceAll('"', '\\"')}"`;
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
