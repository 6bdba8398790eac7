/** Cross-origin requests: any origin may, without cookies. A signature is still needed for everything. */
import type { IncomingHttpHeaders } from "node:http";
import { insufficient_preflight } from "./errors.ts";
import type { Answer } from "./operation.ts";

const EXPOSED =
  "ETag, Location, Content-Disposition, Content-Range, Accept-Ranges, Last-Modified, x-amz-request-id, x-amz-id-2, x-amz-checksum-type, x-amz-checksum-crc32, x-amz-checksum-crc32c, x-amz-checksum-crc64nvme, x-amz-checksum-sha1, x-amz-checksum-sha256";
const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

export function answer_preflight(headers: IncomingHttpHeaders): Answer {
  const method = headers["access-control-request-method"];
  if (headers.origin === undefined || method === undefined) throw insufficient_preflight();
  const wanted = headers["access-control-request-headers"];
  return {
    status: 200,
    headers: {
      "access-control-allow-methods": "GET, PUT, POST, DELETE, HEAD",
      ...(wanted ? { "access-control-allow-headers": wanted } : {}),
      "access-control-max-age": "3000",
      "content-length": "0",
    },
  };
}

/** What goes with every answer to a request that has an origin. */
export function cors_headers(headers: IncomingHttpHeaders): Record<string, string> {
  if (headers.origin === undefined) return {};
  return {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": EXPOSED,
    vary: VARY,
  };
}
