/** Writes an object through lib-storage, and leaves nothing behind where that fails. */
import {
  AbortMultipartUploadCommand,
  type AbortMultipartUploadCommandInput,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { log, loggable } from "@photo-uploader/layer";

/** The least that S3 takes as a part, but for the last one. */
export const PART_BYTES = 5 * 1024 * 1024;

type S3Command = Parameters<S3Client["send"]>[0];

/**
 * One PutObject for less than `PART_BYTES`, a multipart upload for more.
 *
 * lib-storage's own `abort()` answers before the requests under way have ended, so that a part, or the whole object, may
 * be stored after its failure was reported; and where the completion is refused it leaves the parts. Here the signal
 * ends the requests themselves, and the parts are gone when this rejects.
 */
export async function upload_object(
  s3: S3Client,
  params: PutObjectCommandInput,
  abortSignal: AbortSignal,
): Promise<void> {
  let begun: AbortMultipartUploadCommandInput | undefined;
  const send = async (command: S3Command): Promise<unknown> => {
    abortSignal.throwIfAborted();
    if (command instanceof CompleteMultipartUploadCommand) {
      return s3.send(command, { abortSignal }).catch(unless_completed);
    }
    if (!(command instanceof CreateMultipartUploadCommand)) return s3.send(command, { abortSignal });
    const answer = await s3.send(command, { abortSignal });
    begun = { Bucket: params.Bucket, Key: params.Key, UploadId: answer.UploadId };
    return answer;
  };
  const client = new Proxy(s3, {
    get: (target, property) => (property === "send" ? send : Reflect.get(target, property)),
  });
  try {
    await new Upload({ client, params, partSize: PART_BYTES, queueSize: 2, leavePartsOnError: true }).done();
  } catch (error) {
    if (begun) await remove_parts(s3, begun);
    throw error;
  }
}

/** Where the answer to a completion is lost and the SDK repeats it, the upload is gone because it has become the object. */
function unless_completed(error: unknown): object {
  const repeated = error instanceof S3ServiceException && (error.$metadata.attempts ?? 1) > 1;
  if (repeated && error.name === "NoSuchUpload") return {};
  throw error;
}

/** The removal may come when the function's time is nearly up; without a limit of its own it could exceed it. */
const REMOVAL_MS = 1_000;

/** Failing that, the bucket's lifecycle rule removes them; until then they are invisible, and cost. */
const remove_parts = (s3: S3Client, upload: AbortMultipartUploadCommandInput): Promise<void> =>
  s3.send(new AbortMultipartUploadCommand(upload), { abortSignal: AbortSignal.timeout(REMOVAL_MS) }).then(
    () => undefined,
    (error) => log.warn("parts of an upload could not be removed", { error: loggable(error) }),
  );
