import { describe, expect, it } from "vitest";
import { type StartPage, start_page } from "../../local/start_page.ts";

const page: StartPage = {
  url: "http://127.0.0.1:3000",
  s3_url: "http://127.0.0.1:9000",
  cognito_url: "http://127.0.0.1:9229",
  pool_id: "pool",
  client_id: "client",
  mail_file: "/data/mail.txt",
  queues: [],
  config: { data_dir: "/data", token_header: "JWT", queue_chaos: false },
  samples: { photo: "/data/sunset.png", archive: "/data/holiday.zip" },
};
const lines_about_queues = (settings: Partial<StartPage>): string[] =>
  start_page({ ...page, ...settings })
    .replace(/^Paste [\s\S]*/m, "")
    .split("\n")
    .filter((line) => /queue|admissions|extractions|redrive/i.test(line));

describe("the queues on the start page", () => {
  const admissions = { name: "admissions", dead: 0 };
  const extractions = { name: "extractions", dead: 0 };

  it("are named", () => {
    expect(lines_about_queues({ queues: [admissions, extractions] })).toEqual([
      "  Queues   admissions, extractions",
    ]);
  });

  it("are not there where the table has none", () => {
    expect(lines_about_queues({})).toEqual([]);
  });

  it("have their dead letters counted, with what can be done about them", () => {
    expect(lines_about_queues({ queues: [admissions, { ...extractions, dead: 3 }] })).toEqual([
      "  Queues   admissions, extractions",
      "           extractions has given up 3: npm start -- --redrive tries again",
    ]);
  });

  it("say when they are unruly", () => {
    const config = { ...page.config, queue_chaos: true };
    expect(lines_about_queues({ queues: [admissions], config })).toEqual([
      "  Queues   admissions; every message comes twice, and in no order (QUEUE_CHAOS)",
    ]);
  });
});
