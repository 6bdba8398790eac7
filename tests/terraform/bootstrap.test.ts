/**
 * What terraform/bootstrap makes fits terraform/ and buildspec.yml: the build may do all that a deployment asks for, and
 * none of what would take photos or users away, or the account over.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import type { AccessQuestion } from "../support/iam_actions.ts";
import {
  announce_missing_terraform,
  type DeployedResource,
  deployed_resources,
  terraform_is_here,
} from "../support/terraform_state.ts";
import { bootstrap_resources } from "./bootstrap_state.ts";
import { type Policy, statement } from "./deployed_roles.ts";
import { verdict_on } from "./policy_simulator.ts";
import { CALLS, type Place } from "./provider_calls.ts";

announce_missing_terraform("tests/terraform/bootstrap.test.ts");

const project = join(import.meta.dirname, "..", "..");
const read = (path: string): string => readFileSync(join(project, path), "utf8");

const REGION = "eu-central-1";
const ACCOUNT = "123456789012";
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:photos-smoke-a1B2c3`;
const DOMAIN = "api.example.com";
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/pipeline/photo-uploader-functions-boundary`;
const PLACE: Place = { region: REGION, account: ACCOUNT, boundary: BOUNDARY, project: "photo-uploader" };

let made: readonly DeployedResource[] = [];
let deployed: readonly DeployedResource[] = [];
beforeAll(async () => {
  if (!terraform_is_here) return;
  [made, deployed] = await Promise.all([
    bootstrap_resources({ smoke_test_secret_arn: SECRET, failure_email: "ops@example.com", domain: DOMAIN }),
    // Everything that there can be.
    deployed_resources({
      variables: {
        permissions_boundary_arn: BOUNDARY,
        alarm_email: "ops@example.com",
        domain: `{name="${DOMAIN}",certificate_arn="arn:aws:acm:${REGION}:${ACCOUNT}:certificate/a"}`,
      },
    }),
  ]);
}, 180_000);

const text = z.string();
const policy = text.transform((json): Policy => {
  const schema = z.looseObject({ Version: z.literal("2012-10-17"), Statement: z.array(statement) });
  return schema.parse(JSON.parse(json));
});

const policies_of = (role: string): readonly Policy[] =>
  made
    .filter(({ type, values }) => type === "aws_iam_role_policy" && values.role === role)
    .map(({ values }) => policy.parse(values.policy));

const boundary = (): Policy =>
  policy.parse(made.find(({ type }) => type === "aws_iam_policy")?.values.policy);

const wildcards = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );

const allow = z.object({
  Effect: z.literal("Allow"),
  Action: z.array(text),
  Resource: z.union([text.transform((one) => [one]), z.array(text)]),
  Condition: z.undefined().optional(),
});

/** The simulator does not know HTTP APIs; their statements have no conditions. */
function gateway_verdict(policies: readonly Policy[], { action, resource }: AccessQuestion): string {
  const statements = policies
    .flatMap(({ Statement }) => Statement)
    .flatMap((each) => allow.safeParse(each).data ?? []);
  const allowed = statements.some(
    ({ Action, Resource }) =>
      Action.includes(action) && Resource.some((pattern) => wildcards(pattern).test(resource)),
  );
  return allowed ? "Allowed" : "ImplicitlyDenied";
}

/** S3 connects over TLS; the bucket policies say the rest. */
function verdict(role: string, policies: readonly Policy[], question: AccessQuestion): Promise<string> {
  if (question.action.startsWith("apigateway:")) return Promise.resolve(gateway_verdict(policies, question));
  return verdict_on(
    { principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/session`, policies },
    question,
    ACCOUNT,
  );
}

async function unexpected(
  role: string,
  expected: string,
  questions: readonly AccessQuestion[],
): Promise<readonly string[]> {
  const policies = policies_of(role);
  expect(policies.length).toBeGreaterThan(0);
  const wrong: string[] = [];
  for (const question of questions) {
    const came = await verdict(role, policies, question);
    if (came !== expected) wrong.push(`${question.action} on ${question.resource}: ${came}`);
  }
  return wrong;
}

const ask = (resource: string, actions: string, context: AccessQuestion["context"] = {}): AccessQuestion[] =>
  actions.split(" ").map((action) => ({ action, resource, context }));

const BUILD = "photo-uploader-build";

const PHOTO = "arn:aws:s3:::yourplace/7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00/20261123T101530123Z_beach.jpg";
const STATE = "arn:aws:s3:::terraform-remote-state";
const role_arn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const function_arn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
const POOL = `arn:aws:cognito-idp:${REGION}:${ACCOUNT}:userpool/${REGION}_Abcdefghi`;
const OWN_POOL = { "aws:ResourceTag/Project": "photo-uploader" };
const OTHER_POOL = { "aws:ResourceTag/Project": "payroll" };
const bounded = (by: string) => ({ "iam:PermissionsBoundary": by });

const DENIED: Readonly<Record<string, readonly AccessQuestion[]>> = {
  "take photos away, or see them": [
    ...ask(PHOTO, "s3:GetObject s3:PutObject s3:DeleteObject s3:DeleteObjectVersion"),
    ...ask("arn:aws:s3:::yourplace", "s3:DeleteBucket s3:DeleteBucketPolicy s3:PutBucketAcl"),
  ],
  "take users away, or be one": [
    ...ask(POOL, "cognito-idp:DeleteUserPool cognito-idp:AdminCreateUser cognito-idp:ListUsers", OWN_POOL),
    ...ask(POOL, "cognito-idp:AdminSetUserPassword cognito-idp:AdminInitiateAuth", OWN_POOL),
  ],
  "touch what is another's": [
    ...ask(POOL, "cognito-idp:UpdateUserPool cognito-idp:DescribeUserPool", OTHER_POOL),
    ...ask(POOL, "cognito-idp:UpdateUserPool"),
    ...ask("*", "cognito-idp:CreateUserPool", { "aws:RequestTag/Project": "payroll" }),
    ...ask("*", "cognito-idp:CreateUserPool"),
    ...ask("arn:aws:s3:::payroll", "s3:PutBucketPolicy s3:ListBucket s3:CreateBucket s3:DeleteBucket"),
    ...ask(function_arn("payroll"), "lambda:UpdateFunctionCode lambda:GetFunction lambda:DeleteFunction"),
    ...ask(`arn:aws:lambda:${REGION}:${ACCOUNT}:layer:payroll:1`, "lambda:GetLayerVersion"),
    ...ask(
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/payroll`,
      "logs:DeleteLogGroup logs:PutRetentionPolicy",
    ),
    ...ask(`arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:payroll`, "cloudwatch:DeleteAlarms"),
    ...ask(
      `arn:aws:sns:${REGION}:${ACCOUNT}:payroll`,
      "sns:SetTopicAttributes sns:Subscribe sns:DeleteTopic",
    ),
    ...ask(`arn:aws:apigateway:${REGION}::/restapis/abcdefghij`, "apigateway:DELETE apigateway:GET"),
    ...ask(`arn:aws:apigateway:${REGION}::/domainnames/payroll.example.com`, "apigateway:DELETE"),
  ],
  "spoil the states": [
    ...ask(`${STATE}/photo-uploader/terraform.tfstate`, "s3:DeleteObject s3:DeleteObjectVersion"),
    ...ask(`${STATE}/payroll/terraform.tfstate`, "s3:GetObject s3:PutObject"),
    ...ask(`${STATE}/payroll/terraform.tfstate.tflock`, "s3:PutObject s3:DeleteObject"),
    ...ask(STATE, "s3:PutBucketPolicy s3:PutBucketVersioning s3:DeleteBucket"),
  ],
  "give itself more": [
    ...ask(role_arn("photo-uploader-new"), "iam:CreateRole iam:PutRolePolicy"),
    ...ask(
      role_arn("photo-uploader-new"),
      "iam:CreateRole iam:PutRolePolicy iam:PutRolePermissionsBoundary",
      bounded("arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    ...ask(role_arn("photo-uploader-list"), "iam:DeleteRolePermissionsBoundary", bounded(BOUNDARY)),
    ...ask(role_arn("photo-uploader-list"), "iam:AttachRolePolicy", {
      ...bounded(BOUNDARY),
      "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess",
    }),
    ...["photo-uploader-build", "photo-uploader-pipeline", "photo-uploader-trigger"].flatMap((own) => [
      ...ask(role_arn(`pipeline/${own}`), "iam:PutRolePolicy iam:CreateRole", bounded(BOUNDARY)),
      ...ask(role_arn(`pipeline/${own}`), "iam:UpdateAssumeRolePolicy iam:DeleteRolePolicy iam:GetRole"),
      ...ask(role_arn(`pipeline/${own}`), "iam:PassRole", { "iam:PassedToService": "lambda.amazonaws.com" }),
    ]),
    ...ask(role_arn("administrator"), "iam:PutRolePolicy iam:CreateRole", bounded(BOUNDARY)),
    ...ask(role_arn("administrator"), "iam:PassRole", { "iam:PassedToService": "lambda.amazonaws.com" }),
    ...ask(role_arn("photo-uploader-list"), "iam:PassRole", { "iam:PassedToService": "ec2.amazonaws.com" }),
    ...ask(role_arn("photo-uploader-list"), "iam:PassRole"),
    ...ask(BOUNDARY, "iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:DeletePolicy"),
    ...ask(`arn:aws:iam::${ACCOUNT}:user/eve`, "iam:CreateUser iam:CreateAccessKey"),
    ...ask(role_arn("administrator"), "sts:AssumeRole"),
    ...ask(
      role_arn("aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"),
      "iam:CreateServiceLinkedRole",
      { "iam:AWSServiceName": "autoscaling.amazonaws.com" },
    ),
  ],
  "open a function to others, or call it": [
    ...ask(function_arn("photo-uploader-list"), "lambda:AddPermission", { "lambda:Principal": "*" }),
    ...ask(function_arn("photo-uploader-list"), "lambda:AddPermission"),
    ...ask(function_arn("photo-uploader-list"), "lambda:InvokeFunction lambda:CreateFunctionUrlConfig"),
  ],
  "change the pipeline": [
    ...ask(
      `arn:aws:codebuild:${REGION}:${ACCOUNT}:project/photo-uploader-deploy`,
      "codebuild:UpdateProject codebuild:StartBuild",
    ),
    ...ask(
      `arn:aws:codepipeline:${REGION}:${ACCOUNT}:photo-uploader`,
      "codepipeline:UpdatePipeline codepipeline:StartPipelineExecution",
    ),
    ...ask(`arn:aws:codecommit:${REGION}:${ACCOUNT}:photo-uploader`, "codecommit:GitPush codecommit:GitPull"),
    ...ask(
      `arn:aws:events:${REGION}:${ACCOUNT}:rule/photo-uploader-push`,
      "events:PutRule events:DeleteRule",
    ),
    ...ask(
      `arn:aws:sns:${REGION}:${ACCOUNT}:pipeline-photo-uploader-failure`,
      "sns:DeleteTopic sns:SetTopicAttributes",
    ),
  ],
  "read what users did, or other secrets": [
    ...ask(
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/photo-uploader-list`,
      "logs:FilterLogEvents",
    ),
    ...ask(
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/photo-uploader-list:log-stream:x`,
      "logs:GetLogEvents",
    ),
    ...ask(
      `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:payroll-a1B2c3`,
      "secretsmanager:GetSecretValue",
    ),
    ...ask(SECRET, "secretsmanager:PutSecretValue secretsmanager:DeleteSecret"),
    ...ask(`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/any`, "ssm:GetParameter"),
  ],
};

describe.runIf(terraform_is_here)("the build's role", () => {
  it("may do all that terraform/ asks for, for every kind of resource in it", async () => {
    const resources = deployed.filter(({ address }) => !address.startsWith("data."));
    const unknown = resources.filter(({ type }) => CALLS[type] === undefined);
    expect(
      [...new Set(unknown.map(({ type }) => type))],
      "add the calls of these kinds to tests/terraform/provider_calls.ts, and to terraform/bootstrap/deploy_permissions.tf",
    ).toEqual([]);
    const questions = resources.flatMap(({ type, values }) => CALLS[type]?.(values, PLACE) ?? []);
    // A kind that is no longer there would be granted for nothing.
    expect(Object.keys(CALLS).filter((type) => !resources.some((each) => each.type === type))).toEqual([]);
    expect(questions.length).toBeGreaterThan(300);
    expect(await unexpected(BUILD, "Allowed", questions)).toEqual([]);
  }, 120_000);

  it("may keep the state, write its log, read the source and the test user, and roll back", async () => {
    const questions = [
      ...ask(STATE, "s3:ListBucket", { "s3:prefix": "env:/" }),
      ...ask(`${STATE}/photo-uploader/terraform.tfstate`, "s3:GetObject s3:PutObject"),
      ...ask(`${STATE}/photo-uploader/terraform.tfstate.tflock`, "s3:GetObject s3:PutObject s3:DeleteObject"),
      ...ask(
        `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/codebuild/photo-uploader-deploy:log-stream:x`,
        "logs:CreateLogStream logs:PutLogEvents",
      ),
      ...ask(
        `arn:aws:s3:::photo-uploader-pipeline-${ACCOUNT}/photo-uploader/source/x.zip`,
        "s3:GetObject s3:PutObject",
      ),
      ...ask(SECRET, "secretsmanager:GetSecretValue"),
      ...ask(function_arn("photo-uploader-list"), "lambda:UpdateAlias"),
    ];
    expect(await unexpected(BUILD, "Allowed", questions)).toEqual([]);
  });

  it.each(Object.entries(DENIED))("may not %s", async (_what, questions) => {
    expect(await unexpected(BUILD, "ImplicitlyDenied", questions)).toEqual([]);
  });
});

describe.runIf(terraform_is_here)("the boundary of the functions' roles", () => {
  const grant = z.object({
    Effect: z.enum(["Allow", "Deny"]),
    Action: z.array(text),
    Resource: text,
  });

  it("has room for every permission of every function, as it is deployed", async () => {
    const granted = deployed
      .filter(({ type }) => type === "aws_iam_role_policy")
      .flatMap(({ values }) => policy.parse(values.policy).Statement)
      .map((each) => grant.parse(each))
      .filter(({ Effect }) => Effect === "Allow");
    const questions = granted.flatMap(({ Action, Resource }) => {
      const stream = Resource.replace(/(:log-group:[^:]+):\*$/, "$1:log-stream:x");
      const resource = stream === "*" ? stream : stream.replaceAll("*", "x").replaceAll("?", "0");
      return ask(resource, Action.join(" "));
    });
    expect(questions.length).toBeGreaterThan(20);
    for (const question of questions) {
      const answer = await verdict("photo-uploader-x", [boundary()], question);
      expect(`${question.action} on ${question.resource}: ${answer}`).toMatch(/: Allowed$/);
    }
  });

  it.each([
    ["another bucket", "arn:aws:s3:::payroll/x", "s3:GetObject"],
    ["the states", `${STATE}/photo-uploader/terraform.tfstate`, "s3:GetObject"],
    ["the bucket itself", "arn:aws:s3:::yourplace", "s3:PutBucketPolicy"],
    ["IAM", role_arn("photo-uploader-list"), "iam:PutRolePolicy"],
    ["other roles", role_arn("administrator"), "sts:AssumeRole"],
    ["functions", function_arn("photo-uploader-list"), "lambda:UpdateFunctionCode"],
    ["secrets", SECRET, "secretsmanager:GetSecretValue"],
  ])("has none for %s", async (_what, resource, action) => {
    const [question] = ask(resource, action);
    if (question === undefined) throw new Error("There is nothing to ask.");
    expect(await verdict("photo-uploader-x", [boundary()], question)).toBe("ImplicitlyDenied");
  });

  it("is the one that the build hands to terraform/, and on every role there", () => {
    const bounds = deployed
      .filter(({ type }) => type === "aws_iam_role")
      .map(({ values }) => values.permissions_boundary);
    expect(new Set(bounds)).toEqual(new Set([BOUNDARY]));
    expect(build_variables().TF_VAR_permissions_boundary_arn).toBe(BOUNDARY);
  });
});

describe.runIf(terraform_is_here)("the pipeline's own roles", () => {
  const repository = `arn:aws:codecommit:${REGION}:${ACCOUNT}:photo-uploader`;
  const project_arn = `arn:aws:codebuild:${REGION}:${ACCOUNT}:project/photo-uploader-deploy`;
  const pipeline = `arn:aws:codepipeline:${REGION}:${ACCOUNT}:photo-uploader`;
  const artifact = `arn:aws:s3:::photo-uploader-pipeline-${ACCOUNT}/photo-uploader/source/x`;

  it("read the source, keep artifacts and start the build, and no more", async () => {
    const may = [
      ...ask(repository, "codecommit:GetBranch codecommit:GetCommit codecommit:UploadArchive"),
      ...ask(repository, "codecommit:GetUploadArchiveStatus codecommit:CancelUploadArchive"),
      ...ask(artifact, "s3:GetObject s3:PutObject"),
      ...ask(project_arn, "codebuild:StartBuild codebuild:BatchGetBuilds"),
    ];
    expect(await unexpected("photo-uploader-pipeline", "Allowed", may)).toEqual([]);
    const may_not = [
      ...ask(repository, "codecommit:GitPush codecommit:DeleteRepository"),
      ...ask(PHOTO, "s3:GetObject"),
      ...ask(`${STATE}/photo-uploader/terraform.tfstate`, "s3:GetObject"),
      ...ask(`arn:aws:codebuild:${REGION}:${ACCOUNT}:project/payroll`, "codebuild:StartBuild"),
      ...ask(role_arn("administrator"), "iam:PassRole sts:AssumeRole"),
    ];
    expect(await unexpected("photo-uploader-pipeline", "ImplicitlyDenied", may_not)).toEqual([]);
  });

  it("start this pipeline, and no other", async () => {
    const start = "codepipeline:StartPipelineExecution";
    expect(await unexpected("photo-uploader-trigger", "Allowed", ask(pipeline, start))).toEqual([]);
    const others = [...ask(`${pipeline}-2`, start), ...ask(project_arn, "codebuild:StartBuild")];
    expect(await unexpected("photo-uploader-trigger", "ImplicitlyDenied", others)).toEqual([]);
  });
});

function build_variables(): Readonly<Record<string, string>> {
  const schema = z.object({
    environment: z.tuple([
      z.object({ environment_variable: z.array(z.object({ name: text, value: text })) }),
    ]),
  });
  const build = made.find(({ type }) => type === "aws_codebuild_project");
  const [{ environment_variable }] = schema.parse(build?.values).environment;
  return Object.fromEntries(environment_variable.map(({ name, value }) => [name, value]));
}

/** The defaults of variables that are one text. */
const defaults_of = (file: string): ReadonlyMap<string, string> =>
  new Map(
    [...read(file).matchAll(/^variable "(\w+)" \{\n(?: {2}.*\n)*? {2}default += +"([^"]*)"$/gm)].map(
      ([, name = "", value = ""]) => [name, value],
    ),
  );

describe("what the build is told", () => {
  const buildspec = z
    .object({ env: z.object({ variables: z.record(text, text) }) })
    .parse(parse(read("buildspec.yml")));

  it.runIf(terraform_is_here)("are variables of buildspec.yml, of terraform/ and of the smoke test", () => {
    const names = Object.keys(build_variables());
    const of_terraform = names.filter((name) => name.startsWith("TF_VAR_"));
    for (const name of of_terraform) {
      expect(read("terraform/variables.tf")).toContain(`variable "${name.replace("TF_VAR_", "")}" {`);
    }
    const of_the_smoke_test = names.filter((name) => name.startsWith("SMOKE_"));
    for (const name of of_the_smoke_test) expect(read("scripts/smoke.ts")).toContain(name);
    const others = names.filter((name) => !of_terraform.includes(name) && !of_the_smoke_test.includes(name));
    expect(others.toSorted()).toEqual(["STATE_BUCKET", "STATE_KEY", "STATE_REGION"]);
    for (const name of others) expect(buildspec.env.variables).toHaveProperty(name);
  });

  it("is by default what terraform/ and buildspec.yml have by default", () => {
    const own = defaults_of("terraform/bootstrap/variables.tf");
    const of_terraform = defaults_of("terraform/variables.tf");
    for (const name of ["name", "region", "photos_bucket"]) {
      expect(own.get(name)).toBeDefined();
      expect(own.get(name)).toBe(of_terraform.get(name));
    }
    expect({
      STATE_BUCKET: own.get("state_bucket"),
      STATE_KEY: own.get("state_key"),
      STATE_REGION: own.get("region"),
    }).toEqual({
      STATE_BUCKET: buildspec.env.variables.STATE_BUCKET,
      STATE_KEY: buildspec.env.variables.STATE_KEY,
      STATE_REGION: buildspec.env.variables.STATE_REGION,
    });
  });
});

describe("docs/operations.md", () => {
  const operations = read("docs/operations.md");

  it.runIf(terraform_is_here)("explains every alarm", () => {
    const alarms = deployed
      .filter(({ type }) => type === "aws_cloudwatch_metric_alarm")
      .map(({ values }) => text.parse(values.alarm_name));
    const functions = deployed
      .filter(({ type }) => type === "aws_lambda_function")
      .map(({ values }) => text.parse(values.function_name));
    const kinds = alarms.map((alarm) => {
      const of = functions.find((name) => alarm.startsWith(`${name}-`) && !alarm.endsWith("-failures"));
      return of === undefined ? alarm : alarm.replace(of, "photo-uploader-FUNCTION");
    });
    const explained = [...operations.matchAll(/^\| `(photo-uploader-[\w-]+)` \|/gm)].map(([, name]) => name);
    expect(explained.toSorted()).toEqual([...new Set(kinds)].toSorted());
  });

  it("names outputs, scripts and files that are there", () => {
    const outputs = [...operations.matchAll(/-chdir=(\S+) output -raw (\w+)/g)];
    expect(outputs.length).toBeGreaterThan(2);
    for (const [, folder, output] of outputs) {
      expect(read(`${folder}/outputs.tf`)).toContain(`output "${output}" {`);
    }
    const files = [
      ...[...operations.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => join("docs", link ?? "")),
      ...[...operations.matchAll(/node (scripts\/[\w.]+)/g)].map(([, script]) => script ?? ""),
    ];
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !existsSync(join(project, file)))).toEqual([]);
  });

  it("sets variables that there are", () => {
    const set = (file: string) => {
      const part = operations.slice(operations.indexOf(file));
      const block = /\n\n((?: {7}\w+ += .*\n)+)/.exec(part)?.[1] ?? "";
      return [...block.matchAll(/(\w+) +=/g)].map(([, name]) => `variable "${name}" {`);
    };
    for (const folder of ["terraform/bootstrap", "terraform"]) {
      const variables = set(`\`${folder}/terraform.tfvars\``);
      expect(variables.length).toBeGreaterThan(1);
      for (const variable of variables) expect(read(`${folder}/variables.tf`)).toContain(variable);
    }
  });
});
