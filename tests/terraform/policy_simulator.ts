/** Asks a simulator of IAM, and takes no answer from it to a question that it has not understood in full. */
import { anonymousPrincipal, runSimulation } from "@cloud-copilot/iam-simulate";
import type { AccessQuestion } from "../support/iam_actions.ts";
import type { DeployedFunction, Deployment, Policy } from "./deployed_roles.ts";

export type Verdict = "Allowed" | "ExplicitlyDenied" | "ImplicitlyDenied";

export interface Asker {
  /** ARN of a role's session, the name of a service such as `lambda.amazonaws.com`, or anyone without a signature. */
  readonly principal: string | "anyone";
  readonly policies: readonly Policy[];
}

/**
 * @param account that the resource belongs to
 * @param resource_policy the policy of the resource that is asked for
 * @throws Error when the simulator does not know the action, the resource or a condition key, or finds a policy wrong
 */
export async function verdict_on(
  { principal, policies }: Asker,
  { action, resource, context }: AccessQuestion,
  account: string,
  resource_policy?: Policy,
): Promise<Verdict> {
  const answer = await runSimulation(
    {
      request: {
        principal: principal === "anyone" ? anonymousPrincipal : principal,
        action,
        resource: { resource, accountId: account },
        contextVariables: { ...context },
      },
      identityPolicies: policies.map((policy, at) => ({ name: String(at), policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resource_policy && { resourcePolicy: resource_policy }),
    },
    {},
  );
  if (answer.resultType !== "single") {
    throw new Error(`The simulator cannot judge ${action} on ${resource}: ${JSON.stringify(answer)}`);
  }
  const ignored = answer.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) throw new Error(`The simulator knows no ${ignored.join(", ")} of ${action}.`);
  return answer.overallResult;
}

/** As the SDK connects to AWS. */
const OVER_TLS = { "aws:SecureTransport": "true" };
const S3_OVER_TLS = { ...OVER_TLS, "s3:TlsVersion": "1.3" };

/** Of a key of KMS or a role that leaves it to the policies of its account who may use it, as many do. */
function lenient_policy(action: string, account: string): Policy | undefined {
  const Principal = { AWS: `arn:aws:iam::${account}:root` };
  const allow = (more: object): Policy => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: action, Principal, ...more }],
  });
  if (action.startsWith("kms:")) return allow({ Resource: "*" });
  return action.startsWith("sts:") ? allow({}) : undefined;
}

/**
 * What a function's role may do. On the bucket of the photos and on the queues their policies have a say too; any other
 * resource is taken to let the role decide.
 */
export function verdict_on_role(
  { principal, policies, account }: DeployedFunction,
  question: AccessQuestion,
  { bucket, bucket_policy, queues }: Deployment,
): Promise<Verdict> {
  const [service] = question.action.split(":");
  const in_bucket = `${question.resource}/`.startsWith(`arn:aws:s3:::${bucket}/`);
  const tls = { s3: S3_OVER_TLS, sqs: OVER_TLS }[service ?? ""] ?? {};
  const context = { ...tls, ...question.context };
  return verdict_on(
    { principal, policies },
    { ...question, context },
    account,
    in_bucket
      ? bucket_policy
      : (queues.find(({ arn }) => arn === question.resource)?.policy ??
          lenient_policy(question.action, account)),
  );
}
