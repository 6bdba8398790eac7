/** Writes an object through lib-storage, and leaves nothing behind where that fails. */
import {
  AbortMultipartUploadCommand,
  type AbortMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type Options, Upload } from "@aws-sdk/lib-storage";
import { log, loggable } from "@photo-uploader/layer";

/** The least that S3 takes as a part, but for the last one. */
export const PART_BYTES = 5 * 1024 * 1024;

/** The most that S3 takes of one upload. */
const PARTS = 10_000;

/** Parts under way of one upload. With two, a stream waits for the network more than for anything else. */
const PARTS_AT_ONCE = 4;

type S3Command = Parameters<S3Client["send"]>[0];

/** The size of the parts of a stream. It takes six times that: four under way, one being put together of pieces. */
export const part_bytes = (size: number): number => Math.max(PART_BYTES, Math.ceil(size / PARTS));

/**
 * One PutObject for bytes in memory, or for a stream of no more than a part; a multipart upload for more of a stream.
 *
 * lib-storage's own `abort()` answers before the requests under way have ended, so that a part, or the whole object, may
 * be stored after its failure was reported; and where the completion is refused it leaves the parts. Here the signal
 * ends the requests themselves, and the parts are gone when this rejects. lib-storage also sends the checksum of the
 * object along with every part, which S3 refuses: it is left out there
 * (https://github.com/aws/aws-sdk-js-v3/issues/6742).
 *
 * @param size bytes of the object
 */
export async function upload_object(
  s3: S3Client,
  params: Options["params"],
  size: number,
  abortSignal: AbortSignal,
): Promise<void> {
  let begun: AbortMultipartUploadCommandInput | undefined;
  const send = async (command: S3Command): Promise<unknown> => {
    abortSignal.throwIfAborted();
    if (command instanceof UploadPartCommand) {
      command.input.ChecksumCRC32 = undefined;
      return s3.send(command, { abortSignal });
    }
    return with_grace(abortSignal, async (late) => {
      if (!(command instanceof CreateMultipartUploadCommand)) {
        return s3.send(command, { abortSignal: late }).catch(unless_completed);
      }
      const { UploadId } = await s3.send(command, { abortSignal: late });
      begun = { Bucket: params.Bucket, Key: params.Key, UploadId };
      return { UploadId };
    });
  };
  const client = new Proxy(s3, {
    get: (target, property) => (property === "send" ? send : Reflect.get(target, property)),
  });
  const partSize = params.Body instanceof Uint8Array ? Math.max(PART_BYTES, size) : part_bytes(size);
  try {
    await new Upload({ client, params, partSize, queueSize: PARTS_AT_ONCE, leavePartsOnError: true }).done();
  } catch (error) {
    if (begun) await remove_parts(s3, begun);
    throw error;
  }
}

/** What a request that must not be broken off gets, once the function's time is nearly up. */
const GRACE_MS = 1_000;

/**
 * A request that is called off may have been carried out all the same. Those that begin an upload or make an object are
 * given a second more to say so: else there are parts that nobody knows of, or a photo that is said not to be there.
 */
async function with_grace<T>(
  abortSignal: AbortSignal,
  request: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const abort = () => {
    timer = setTimeout(() => late.abort(abortSignal.reason), GRACE_MS);
  };
  abortSignal.addEventListener("abort", abort, { once: true });
  try {
    return await request(late.signal);
  } finally {
    abortSignal.removeEventListener("abort", abort);
    clearTimeout(timer);
  }
}

/** Where the answer to a completion is lost and the SDK repeats it, the upload is gone because it has become the object. */
function unless_completed(error: unknown): object {
  const repeated = error instanceof S3ServiceException && (error.$metadata.attempts ?? 1) > 1;
  if (repeated && error.name === "NoSuchUpload") return {};
  throw error;
}

/** Failing that, the bucket's lifecycle rule removes them; until then they are invisible, and cost. */
const remove_parts = (s3: S3Client, upload: AbortMultipartUploadCommandInput): Promise<void> =>
  s3.send(new AbortMultipartUploadCommand(upload), { abortSignal: AbortSignal.timeout(GRACE_MS) }).then(
    () => undefined,
    (error) => log.warn("parts of an upload could not be removed", { error: loggable(error) }),
  );
