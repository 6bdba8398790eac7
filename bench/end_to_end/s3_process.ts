/**
 * The laptop's S3 in a process of its own, with every request held: `s3_process.ts <data folder> <milliseconds>`.
 * Sends its URL when it listens, and its figures whenever it is sent anything.
 */
import { Server } from "node:http";
import { start_s3 } from "../../local/s3/server.ts";
import { BUCKET, CREDENTIALS, REGION } from "./account.ts";
import { hold_requests } from "./held_requests.ts";
import { no_requests, request_kind } from "./request_kind.ts";

const [data_dir = "", milliseconds = ""] = process.argv.slice(2);
const requests = no_requests();
hold_requests(Server.prototype, Number(milliseconds), (method, url) => {
  requests[request_kind(method, url)] += 1;
});
const { url } = await start_s3({
  port: 0,
  data_dir,
  region: REGION,
  credentials: [CREDENTIALS],
  buckets: [BUCKET],
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ requests, cpu_seconds: (user + system) / 1e6 });
});
process.on("disconnect", () => process.exit());
process.send?.({ url });
