/** POST /job */
import { job_request, job_response } from "../../schemas/job.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import {
  CONTENT_TYPE,
  DUPLICATE,
  ENTRY_NAME,
  FILENAME,
  FILENAME_EXAMPLE,
  JOB_ID_EXAMPLE,
  SIZE,
} from "../photo_fields.ts";

export const job: Operation = {
  tag: "Archives",
  summary: "Ask how far an extraction or an export is",
  description:
    "Of an archive that is extracted, or of one that is made of photos by `/download`. " +
    "Send `cursor` back to go on with the outcomes; while the next ones are not known, the answer has none, and the same " +
    "cursor. Ask, once a second or so, until the state is `done` or `refused` and the answer has no cursor. An archive that is " +
    "extracted may have 100,000 entries, 32 MiB of directory and 50 GiB inflated, and an entry 5 GiB.",
  body: {
    json: request_model(job_request, {
      name: "JobRequest",
      fields: { jobId: "Of `/complete_upload`, `/unzip` or `/download`.", cursor: "Of the answer before." },
      example: { jobId: JOB_ID_EXAMPLE },
    }),
  },
  answers: {
    200: {
      about: "How far it is.",
      json: response_model(job_response, {
        name: "JobResponse",
        fields: {
          kind: "`extraction`: of an uploaded archive. `export`: of photos to an archive.",
          state:
            "`queued`: nobody has begun. `running`: a part of the archive at a time. `done`: every entry has an outcome, or the " +
            "archive is there. `refused`: nothing was stored.",
          updatedAt: "When the job was asked for, was planned, or had a part done, whichever came last.",
          reason:
            "Why the archive was refused: as `/unzip` has it, or `archive_missing`, or `worker_failed`. Why none was made: " +
            "`too_many_photos` or `export_too_large`.",
          entries: {
            about: "Entries of the archive, or photos that were asked for.",
            fields: { done: "Those that have an outcome.", total: "All of them." },
          },
          bytes: {
            about: "Bytes that the entries inflate to, as far as they can be extracted; or of the photos.",
            fields: { done: "Of the entries that have an outcome.", total: "Of all of them." },
          },
          uploaded: "Entries that are photos now.",
          skipped: "Entries that are no photos.",
          failed: "Entries that could not be stored, or photos that are not in the archive.",
          outcomes: {
            about:
              "Those of the entries from the cursor on, in the order of the archive's bytes; at most 500. Of an export, those " +
              "photos that are not in the archive; at most 1,000.",
            fields: {
              name: `${ENTRY_NAME} Of an export, the filename.`,
              outcome: "What has become of the entry.",
              filename: FILENAME,
              size: SIZE,
              contentType: CONTENT_TYPE,
              duplicate: DUPLICATE,
              reason:
                "As `/unzip` has it; or `worker_failed`, where the entry has killed two workers, or `archive_missing`, where the " +
                "archive was replaced or removed. Of an export, `photo_missing`: none of your photos has the filename, or it was " +
                "deleted before its turn came.",
            },
          },
          cursor: "There until the last outcome has been given and the job is done.",
          archive: {
            about:
              "The archive of an export that is done. It is removed some days later, 2 unless the operator has set another time " +
              "(`export_days`), and the job is not found then.",
            fields: {
              url: "Where it is. S3 needs no token: fetch the URL without it.",
              expiresIn: "Seconds for which a download from the URL can begin. Every answer has a new URL.",
              size: SIZE,
            },
          },
        },
        example: {
          kind: "extraction",
          state: "running",
          updatedAt: "2026-11-23T10:15:30.000Z",
          entries: { done: 25, total: 400 },
          bytes: { done: 61_034_201, total: 981_004_210 },
          uploaded: 23,
          skipped: 2,
          failed: 0,
          outcomes: [
            {
              name: "Beach/1.jpg",
              outcome: "uploaded",
              filename: FILENAME_EXAMPLE,
              size: 59_734,
              contentType: "image/jpeg",
            },
            { name: "notes.txt", outcome: "skipped", reason: "not_an_image" },
          ],
          cursor: "1",
        },
      }),
    },
  },
  asks: "storage",
  problems: ["job_not_found", "invalid_cursor"],
};
