/** unzipper's own way of reading from S3, one GET for each entry, and lib-storage, which takes its streams. */
import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { Open } from "unzipper";
import { CREDENTIALS, REGION } from "../account.ts";
import { measured_run } from "../measured_run.ts";

void measured_run(({ url, bucket: Bucket, key, prefix, concurrency }) => {
  const client = new S3Client({ endpoint: url, region: REGION, credentials: CREDENTIALS });
  return async () => {
    const { files } = await Open.s3_v3(client, { Bucket, Key: key });
    const queue = files.values();
    const work = async () => {
      for (const file of queue) {
        const params = { Bucket, Key: `${prefix}/${file.path}`, Body: file.stream() };
        await new Upload({ client, params }).done();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    client.destroy();
  };
});
