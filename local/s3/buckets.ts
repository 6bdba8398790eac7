/** Buckets: ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation. */
import * as z from "zod";
import {
  illegal_location_constraint,
  invalid_bucket_name,
  malformed_xml,
  not_implemented,
} from "./errors.ts";
import { type Answer, type Call, OWNER } from "./operation.ts";
import { read_document } from "./payload.ts";
import { parse_xml } from "./xml.ts";

export function list_buckets({ store }: Call): Answer {
  return {
    status: 200,
    body: [
      "ListAllMyBucketsResult",
      [
        ["Owner", OWNER],
        [
          "Buckets",
          store.catalog.buckets().map(({ name, created }) => [
            "Bucket",
            [
              ["Name", name],
              ["CreationDate", created.toISOString()],
            ],
          ]),
        ],
      ],
    ],
  };
}

export async function create_bucket({ request, store, region, now }: Call): Promise<Answer> {
  check_bucket_name(request.bucket);
  check_location(parse_location(await read_document(request)), region);
  store.catalog.create_bucket(request.bucket, now());
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

export function head_bucket({ request, store, region }: Call): Answer {
  store.catalog.require_bucket(request.bucket);
  return { status: 200, headers: { "x-amz-bucket-region": region, "x-amz-access-point-alias": "false" } };
}

export async function delete_bucket({ request, store }: Call): Promise<Answer> {
  await store.delete_bucket(request.bucket);
  return { status: 204 };
}

export function get_bucket_location({ request, store, region }: Call): Answer {
  store.catalog.require_bucket(request.bucket);
  return { status: 200, body: ["LocationConstraint", region === NAMELESS_REGION ? "" : region] };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function check_bucket_name(name: string): void {
  const well_formed = /^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(name) && !name.includes("..");
  const like_an_address = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  const reserved =
    /^(?:xn--|sthree-|amzn-s3-demo-)/.test(name) ||
    /(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!well_formed || like_an_address || reserved) throw invalid_bucket_name({ BucketName: name });
}

/** The region that a bucket is in when it names none. */
const NAMELESS_REGION = "us-east-1";

const configuration_schema = z.object({
  CreateBucketConfiguration: z.union([
    z.string().regex(/^\s*$/),
    z.looseObject({ LocationConstraint: z.string().optional() }),
  ]),
});
const KNOWN_ELEMENTS: readonly string[] = ["LocationConstraint", "#text", "?xml"];

/** The location in the request's document, or undefined if it names none. */
function parse_location(text: string): string | undefined {
  if (text === "") return undefined;
  const parsed = configuration_schema.safeParse(parse_xml(text, []));
  if (!parsed.success) throw malformed_xml();
  const configuration = parsed.data.CreateBucketConfiguration;
  if (typeof configuration === "string") return undefined;
  const unknown = Object.keys(configuration).find((name) => !KNOWN_ELEMENTS.includes(name));
  if (unknown !== undefined) throw not_implemented({ Element: unknown });
  return configuration.LocationConstraint || undefined;
}

function check_location(location: string | undefined, region: string): void {
  if (location === undefined && region !== NAMELESS_REGION) {
    throw illegal_location_constraint(
      "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
    );
  }
  if (location !== undefined && location !== region) {
    throw illegal_location_constraint(
      `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
}
