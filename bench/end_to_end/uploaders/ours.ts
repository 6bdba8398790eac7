/** Ours, with every check on: the archive in windows, under the limits for large ones, into the sink of the functions. */
import { extract, large_limits, open_archive, windowed_source } from "../../../archive/index.ts";
import { photo_sink } from "../../../storage/photo_sink.ts";
import { s3_client } from "../../../storage/s3.ts";
import { s3_source } from "../../../storage/s3_source.ts";
import { CREDENTIALS, REGION } from "../account.ts";
import { measured_run } from "../measured_run.ts";

void measured_run(({ url, bucket, key, prefix, concurrency }) => {
  const store = { s3: s3_client({ endpoint: url, region: REGION, credentials: CREDENTIALS }), bucket };
  return async () => {
    const source = windowed_source(await s3_source(store, key));
    const archive = await open_archive(source, { limits: large_limits });
    const outcomes = await extract(archive, photo_sink(store, prefix), { concurrency });
    for (const { entry, ...rest } of outcomes) {
      if (rest.outcome !== "stored") throw new Error(`${entry.path}: ${rest.reason}`);
    }
    store.s3.destroy();
  };
});
