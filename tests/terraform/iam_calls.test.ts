/** The calls that the functions really make, against the table, the documentation and the deployed roles. */
import { beforeAll, describe, expect, it } from "vitest";
import { read_functions_table } from "../../local/functions_table.ts";
import type { FunctionCall } from "../integration/stack.ts";
import { type AccessQuestion, questions_of } from "../support/iam_actions.ts";
import {
  announce_missing_terraform,
  deployed_resources,
  terraform_is_here,
} from "../support/terraform_state.ts";
import {
  actions_of,
  type DeployedFunction,
  type Deployment,
  deployment_of,
  questions_of_deployed,
} from "./deployed_roles.ts";
import { CALLS_ROW, documented_table, table_of_calls } from "./permissions_table.ts";
import { verdict_on_role } from "./policy_simulator.ts";
import { type Recording, record_calls } from "./recorded_calls.ts";

announce_missing_terraform("tests/terraform/iam_calls.test.ts");

/** A build, a stack with every function, and an apply, on a machine that may be busy. */
const SLOW_MS = 180_000;

const TABLE = read_functions_table();
const FUNCTIONS = Object.keys(TABLE);

let recording: Recording;
beforeAll(async () => {
  recording = await record_calls();
}, SLOW_MS);

const calls_of = (name: string): readonly FunctionCall[] =>
  recording.calls.filter(({ caller }) => caller === name);

const sorted = (texts: Iterable<string>): string[] => [...new Set(texts)].toSorted();

/** Commands that are in a bundle and are never sent. */
const NEVER_SENT: Readonly<Record<string, readonly string[]>> = {
  // Every S3 client has it, for buckets of S3 Express One Zone; their names end with --x-s3.
  CreateSession: FUNCTIONS.filter((name) => TABLE[name]?.environment.includes("PHOTOS_BUCKET")),
  // lib-storage sends it where an upload has tags, and none has.
  PutObjectTagging: ["unzip", "extract"],
  // It admits archives only, and photos are what is copied.
  CopyObject: ["unzip"],
};

/** A form is signed for the endpoint of a command. */
const COMMAND_OF: Readonly<Record<string, string>> = { PostObject: "PutObject" };

describe("the recording", () => {
  it.each(FUNCTIONS)("has every operation that the bundle of %s has a command for", (name) => {
    const recorded = sorted(calls_of(name).map(({ operation }) => COMMAND_OF[operation] ?? operation));
    const never = Object.keys(NEVER_SENT).filter((operation) => NEVER_SENT[operation]?.includes(name));
    expect(sorted([...recorded, ...never])).toEqual(sorted(recording.bundled[name] ?? []));
    expect(recorded.filter((operation) => never.includes(operation))).toEqual([]);
  });

  it.each(FUNCTIONS)("of %s needs the permissions that the table has, no more and no fewer", (name) => {
    const needed = calls_of(name).flatMap((call) => questions_of(call).map(({ action }) => action));
    expect(sorted(needed)).toEqual(sorted(Object.values(TABLE[name]?.permissions ?? {}).flat()));
  });

  it("is the table of docs/permissions.md", async () => {
    expect(await documented_table(CALLS_ROW)).toBe(table_of_calls(recording.calls, FUNCTIONS));
  });
});

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
function asked_by_lambda({ log_group_arn, queue_arn }: DeployedFunction): AccessQuestion[] {
  const stream = `${log_group_arn}:log-stream:2026/11/23/[1]00000000000000000000000000000000`;
  return [
    ...["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => ({ action, resource: stream })),
    ...["xray:PutTraceSegments", "xray:PutTelemetryRecords"].map((action) => ({ action, resource: "*" })),
    ...(queue_arn === undefined
      ? []
      : ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"].map((action) => ({
          action,
          resource: queue_arn,
        }))),
  ].map((question) => ({ ...question, context: {} }));
}

describe.runIf(terraform_is_here)("the deployed role", () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = deployment_of(await deployed_resources());
  }, SLOW_MS);

  function deployed(name: string): DeployedFunction {
    const found = deployment.functions.find((one) => one.name === name);
    if (found === undefined) throw new Error(`${name} is not deployed.`);
    return found;
  }

  const all_questions = (name: string): AccessQuestion[] => [
    ...calls_of(name).flatMap((call) => questions_of_deployed(call, deployment)),
    ...asked_by_lambda(deployed(name)),
  ];

  async function denied(role: DeployedFunction, questions: readonly AccessQuestion[]): Promise<string[]> {
    const verdicts = await Promise.all(
      questions.map(async (question) => ({
        ...question,
        verdict: await verdict_on_role(role, question, deployment),
      })),
    );
    return verdicts
      .filter(({ verdict }) => verdict !== "Allowed")
      .map(
        ({ verdict, action, resource, context }) =>
          `${verdict}: ${action} ${resource} ${JSON.stringify(context)}`,
      );
  }

  it("is one for every function of the table", () => {
    expect(sorted(deployment.functions.map(({ name }) => name))).toEqual(sorted(FUNCTIONS));
    expect(new Set(deployment.functions.map(({ role_arn }) => role_arn)).size).toBe(FUNCTIONS.length);
  });

  it("is given the messages of the function's own queue, and of no other", () => {
    const queues = Object.entries(TABLE).flatMap(([name, { queue }]) => (queue ? [[name, queue]] : []));
    const own = FUNCTIONS.flatMap((name) => {
      const { queue_arn } = deployed(name);
      return queue_arn === undefined ? [] : [[name, queue_arn.replace(/^.*:photo-uploader-/, "")]];
    });
    expect(own).toEqual(queues);
  });

  it.each(FUNCTIONS)("of %s allows all that it calls, and what Lambda does for it", async (name) => {
    expect(await denied(deployed(name), all_questions(name))).toEqual([]);
  });

  it.each(FUNCTIONS)("of %s allows no action that nothing needs", (name) => {
    const allowed = deployed(name)
      .policies.flatMap(({ Statement }) => Statement)
      .filter(({ Effect }) => Effect === "Allow");
    // Were it written with NotAction, actions_of would not have seen it.
    expect(allowed.filter((one) => "NotAction" in one || "NotResource" in one)).toEqual([]);
    expect(sorted(allowed.flatMap(actions_of))).toEqual(
      sorted(all_questions(name).map(({ action }) => action)),
    );
  });

  it.each(FUNCTIONS)("of %s would not do with one action fewer", async (name) => {
    const role = deployed(name);
    for (const action of new Set(all_questions(name).map((question) => question.action))) {
      const policies = role.policies.map((policy) => ({
        ...policy,
        Statement: policy.Statement.filter((one) => actions_of(one).join() !== action).map((one) =>
          one.Effect === "Allow"
            ? { ...one, Action: actions_of(one).filter((other) => other !== action) }
            : one,
        ),
      }));
      expect(await denied({ ...role, policies }, all_questions(name)), action).not.toEqual([]);
    }
  });
});
