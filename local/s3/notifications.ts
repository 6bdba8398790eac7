/**
 * Event notifications: what S3 tells a queue of each object that is written below a prefix.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import type { S3Event } from "aws-lambda";
import type { StoredObject } from "./catalog.ts";

export interface NotificationConfiguration {
  /** Also in its events, as `configurationId`. */
  id: string;
  bucket: string;
  /** Of the keys that it is about. */
  prefix: string;
}

export interface Notification extends NotificationConfiguration {
  /**
   * Takes a message, and has it for good when it returns. It is called within the transaction that writes the object: a
   * crash in between leaves a message about an object that is not there, and never an object without its message.
   */
  send(body: string): void;
}

/** How an object has come to be; with `s3:ObjectCreated:` before it, the type of the event. */
export type Creation = "Put" | "Post" | "Copy" | "CompleteMultipartUpload";

/** The request that an event comes from. */
export interface EventOrigin {
  request_id: string;
  host_id: string;
  access_key_id: string;
  source_ip: string;
  region: string;
  time: Date;
}

/** Tells everyone whose prefix the key has. */
export function notify(
  notifications: readonly Notification[],
  bucket: string,
  creation: Creation,
  object: Pick<StoredObject, "key" | "size" | "etag">,
  origin: EventOrigin,
): void {
  for (const notification of notifications) {
    if (notification.bucket !== bucket || !object.key.startsWith(notification.prefix)) continue;
    notification.send(JSON.stringify(created_event(notification, creation, object, origin)));
  }
}

function created_event(
  { id, bucket }: NotificationConfiguration,
  creation: Creation,
  { key, size, etag }: Pick<StoredObject, "key" | "size" | "etag">,
  origin: EventOrigin,
): S3Event {
  return {
    Records: [
      {
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: origin.region,
        eventTime: origin.time.toISOString(),
        eventName: `ObjectCreated:${creation}`,
        userIdentity: { principalId: `AWS:${origin.access_key_id}` },
        requestParameters: { sourceIPAddress: origin.source_ip },
        responseElements: { "x-amz-request-id": origin.request_id, "x-amz-id-2": origin.host_id },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId: id,
          bucket: {
            name: bucket,
            ownerIdentity: { principalId: "LOCAL" },
            arn: `arn:aws:s3:::${bucket}`,
          },
          object: { key: event_key(key), size, eTag: etag, sequencer: next_sequencer(origin.time) },
        },
      },
    ],
  };
}

/** As in a form, a space as `+`; but the slashes stay. */
export function event_key(key: string): string {
  const encode = (part: string) => new URLSearchParams([["", part]]).toString().slice("=".length);
  return key.split("/").map(encode).join("/");
}

let last_sequencer = 0n;

/** Hexadecimal, and greater for what was written later, also within a millisecond. */
function next_sequencer(time: Date): string {
  const PER_MILLISECOND = 1_000_000n;
  const by_time = BigInt(time.getTime()) * PER_MILLISECOND;
  last_sequencer = by_time > last_sequencer ? by_time : last_sequencer + 1n;
  return last_sequencer.toString(16).toUpperCase().padStart(18, "0");
}

/** What S3 sends once when a notification is configured, to see whether it may. */
export function test_event(
  bucket: string,
  origin: Pick<EventOrigin, "request_id" | "host_id" | "time">,
): string {
  return JSON.stringify({
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: origin.time.toISOString(),
    Bucket: bucket,
    RequestId: origin.request_id,
    HostId: origin.host_id,
  });
}
