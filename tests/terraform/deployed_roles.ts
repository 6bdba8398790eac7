/** The deployed functions with the role of each, and everything that has a say in what the role may do. */
import * as z from "zod";
import { BUCKET } from "../../local/config.ts";
import type { FunctionCall } from "../integration/stack.ts";
import { type AccessQuestion, questions_of } from "../support/iam_actions.ts";
import type { DeployedResource } from "../support/terraform_state.ts";

export const statement = z.looseObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Action: z.union([z.string(), z.array(z.string())]),
});

const policy = z.looseObject({ Version: z.literal("2012-10-17"), Statement: z.array(statement) });
export type Policy = z.infer<typeof policy>;

export interface DeployedFunction {
  /** In the table of functions. */
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly log_group_arn: string;
  /** The queue whose messages invoke it, if there is one. */
  readonly queue_arn: string | undefined;
  readonly role_arn: string;
  /** As the role's session appears to the services. */
  readonly principal: string;
  readonly trust: Policy;
  readonly policies: readonly Policy[];
}

export interface Deployment {
  readonly functions: readonly DeployedFunction[];
  readonly bucket: string;
  readonly bucket_policy: Policy;
  /** Of every queue, those of dead letters included, with its policy. */
  readonly queues: readonly { readonly arn: string; readonly policy: Policy }[];
}

const function_values = z.object({
  arn: z.string(),
  function_name: z.string(),
  role: z.string(),
  logging_config: z.tuple([z.object({ log_group: z.string() })]),
});
const role_values = z.object({ arn: z.string(), name: z.string(), assume_role_policy: z.string() });
const role_policy_values = z.object({ role: z.string(), policy: z.string() });
const bucket_values = z.object({ bucket: z.string() });
const bucket_policy_values = z.object({ bucket: z.string(), policy: z.string() });
const queue_values = z.object({ arn: z.string(), url: z.string() });
const queue_policy_values = z.object({ queue_url: z.string(), policy: z.string() });
const mapping_values = z.object({ event_source_arn: z.string(), function_name: z.string() });
const log_group_values = z.object({ name: z.string(), arn: z.string() });

/** @throws Error when a function has no role of its own here, or something else than inline policies is attached */
export function deployment_of(resources: readonly DeployedResource[]): Deployment {
  const values = <Schema extends z.core.$ZodType>(type: string, schema: Schema) =>
    resources.filter((found) => found.type === type).map((found) => z.parse(schema, found.values));
  refuse_other_policies(resources);
  const roles = values("aws_iam_role", role_values);
  const role_policies = values("aws_iam_role_policy", role_policy_values);
  const log_groups = values("aws_cloudwatch_log_group", log_group_values);
  const functions = resources.filter(({ type }) => type === "aws_lambda_function");
  const bucket = the_one(values("aws_s3_bucket", bucket_values), () => true, "bucket").bucket;
  const mappings = values("aws_lambda_event_source_mapping", mapping_values);
  const queue_policies = values("aws_sqs_queue_policy", queue_policy_values);
  const on_bucket = values("aws_s3_bucket_policy", bucket_policy_values);
  return {
    bucket,
    bucket_policy: read_policy(
      the_one(on_bucket, (found) => found.bucket === bucket, "bucket policy").policy,
    ),
    queues: values("aws_sqs_queue", queue_values).map(({ arn, url }) => ({
      arn,
      policy: read_policy(
        the_one(queue_policies, ({ queue_url }) => queue_url === url, `policy of ${arn}`).policy,
      ),
    })),
    functions: functions.map(({ index, values }) => {
      const { arn, function_name, role: role_arn, logging_config } = z.parse(function_values, values);
      const role = the_one(roles, (found) => found.arn === role_arn, `role of ${function_name}`);
      const [{ log_group }] = logging_config;
      const group = the_one(log_groups, ({ name }) => name === log_group, `log group of ${function_name}`);
      const account = role_arn.split(":")[4] ?? "";
      return {
        name: String(index),
        arn,
        account,
        log_group_arn: group.arn,
        queue_arn: mappings.find(({ function_name: alias }) => alias === `${arn}:live`)?.event_source_arn,
        role_arn,
        principal: `arn:aws:sts::${account}:assumed-role/${role.name}/${function_name}`,
        trust: read_policy(role.assume_role_policy),
        policies: role_policies
          .filter((found) => found.role === role.name)
          .map((found) => read_policy(found.policy)),
      };
    }),
  };
}

const read_policy = (text: string): Policy => policy.parse(JSON.parse(text));

function the_one<T>(all: readonly T[], fits: (one: T) => boolean, what: string): T {
  const found = all.filter(fits);
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw new Error(`There are ${found.length} of ${what}, not one.`);
  return one;
}

const KNOWN_IAM = ["aws_iam_role", "aws_iam_role_policy"];

const policies_of_a_role = z.object({
  inline_policy: z.array(z.unknown()).max(0).nullish(),
  managed_policy_arns: z.array(z.unknown()).max(0).nullish(),
  permissions_boundary: z.null(),
});

/** What is not read here would go unnoticed: a managed policy, for one, whose text is AWS's. */
function refuse_other_policies(resources: readonly DeployedResource[]): void {
  const other = resources.filter(({ type }) => type.startsWith("aws_iam_") && !KNOWN_IAM.includes(type));
  if (other.length > 0) {
    throw new Error(
      `tests/terraform/deployed_roles.ts cannot read ${other.map(({ address }) => address).join(", ")}.`,
    );
  }
  for (const { type, values } of resources) if (type === "aws_iam_role") policies_of_a_role.parse(values);
}

export const actions_of = ({ Action }: z.infer<typeof statement>): readonly string[] => [Action].flat();

/** What a call on the laptop asks of IAM where it is deployed. */
export const questions_of_deployed = (
  call: FunctionCall,
  { bucket }: Deployment,
): readonly AccessQuestion[] =>
  questions_of({ ...call, bucket: call.bucket === BUCKET ? bucket : call.bucket });
