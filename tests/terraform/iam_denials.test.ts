/** What the deployed policies must refuse: to the functions, and to whoever is not meant to call or to be them. */
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { AUTHORIZER, read_functions_table } from "../../local/functions_table.ts";
import {
  announce_missing_terraform,
  type DeployedResource,
  deployed_resources,
  terraform_is_here,
} from "../support/terraform_state.ts";
import { type Denial, denials_of, PHOTO } from "./denials.ts";
import { type DeployedFunction, type Deployment, deployment_of, type Policy } from "./deployed_roles.ts";
import { DENIALS_ROW, documented_table, table_of_denials } from "./permissions_table.ts";
import { type Asker, verdict_on, verdict_on_role } from "./policy_simulator.ts";

announce_missing_terraform("tests/terraform/iam_denials.test.ts");

/** A build and an apply, on a machine that may be busy. */
const SLOW_MS = 180_000;

const TABLE = read_functions_table();
const FUNCTIONS = Object.keys(TABLE);
const OF_QUEUES = FUNCTIONS.filter((name) => TABLE[name]?.queue !== undefined);
const OF_THE_GATEWAY = FUNCTIONS.filter((name) => !OF_QUEUES.includes(name));

const policy_of = (...Statement: Policy["Statement"]): Policy => ({ Version: "2012-10-17", Statement });

const ANYTHING = policy_of({ Effect: "Allow", Action: "*", Resource: "*" });

const service = (name: string): Asker => ({ principal: `${name}.amazonaws.com`, policies: [] });

const ANYONE: Asker = { principal: "anyone", policies: [] };

/** Of another account, whose administrators let everything pass. */
const STRANGER: Asker = { principal: "arn:aws:iam::999999999999:user/stranger", policies: [ANYTHING] };

const described = ({ what, action, resource }: Denial): string => `${what}: ${action} ${resource}`;

const permission_values = z.object({
  action: z.string(),
  function_name: z.string(),
  principal: z.string(),
  qualifier: z.string(),
  source_arn: z.string(),
});

describe.runIf(terraform_is_here)("of what is deployed", () => {
  let resources: readonly DeployedResource[];
  let deployment: Deployment;
  beforeAll(async () => {
    resources = await deployed_resources();
    deployment = deployment_of(resources);
  }, SLOW_MS);

  function deployed(name: string): DeployedFunction {
    const found = deployment.functions.find((one) => one.name === name);
    if (found === undefined) throw new Error(`${name} is not deployed.`);
    return found;
  }

  /** What a role is allowed of what it must be denied. */
  async function allowed_to(role: DeployedFunction): Promise<string[]> {
    const judged = await Promise.all(
      denials_of(role, deployment).map(async (denial) => ({
        denial,
        verdict: await verdict_on_role(role, denial, deployment),
      })),
    );
    return judged.filter(({ verdict }) => verdict === "Allowed").map(({ denial }) => described(denial));
  }

  describe("the role", () => {
    it.each(FUNCTIONS)("of %s is denied everything on its list", async (name) => {
      expect(await allowed_to(deployed(name))).toEqual([]);
    });

    it("is denied what docs/permissions.md says", async () => {
      const whats = (name: string) => denials_of(deployed(name), deployment).map(({ what }) => what);
      const denied = FUNCTIONS.map((name) => [name, new Set(whats(name))] as const);
      expect(await documented_table(DENIALS_ROW)).toBe(table_of_denials(Object.fromEntries(denied)));
    });

    it.each(FUNCTIONS)("of %s would be allowed the whole list if it were allowed anything", async (name) => {
      const role = deployed(name);
      const over_tls = denials_of(role, deployment).filter(
        ({ context }) => context["aws:SecureTransport"] !== "false",
      );
      expect(over_tls.length).toBeGreaterThan(90);
      expect(await allowed_to({ ...role, policies: [ANYTHING] })).toEqual(over_tls.map(described));
    });

    it.each(FUNCTIONS)("of %s would be allowed some of it by s3:*", async (name) => {
      const role = deployed(name);
      const wider = policy_of({ Effect: "Allow", Action: "s3:*", Resource: "*" });
      const allowed = await allowed_to({ ...role, policies: [...role.policies, wider] });
      expect(allowed.length).toBeGreaterThan(30);
      expect(allowed.filter((one) => !one.includes(": s3:"))).toEqual([]);
    });

    it.each(FUNCTIONS)("of %s can be taken by Lambda, and by nobody else", async (name) => {
      const { role_arn, account, trust } = deployed(name);
      const verdict_for = (asker: Asker) =>
        verdict_on(asker, { action: "sts:AssumeRole", resource: role_arn, context: {} }, account, trust);
      const administrator = { principal: `arn:aws:iam::${account}:user/administrator`, policies: [ANYTHING] };
      const other = { ...deployed(name === "list" ? "delete" : "list"), policies: [ANYTHING] };
      expect(await verdict_for(service("lambda"))).toBe("Allowed");
      for (const asker of [service("ec2"), service("apigateway"), administrator, other, STRANGER, ANYONE]) {
        expect(await verdict_for(asker), JSON.stringify(asker.principal)).toBe("ImplicitlyDenied");
      }
    });
  });

  describe("the function", () => {
    /** The policy that Lambda makes of its permissions: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html */
    function invocation_policy({ arn }: DeployedFunction): Policy {
      const permissions = resources
        .filter(({ type }) => type === "aws_lambda_permission")
        .map(({ values }) => permission_values.parse(values))
        .filter(({ function_name }) => arn.endsWith(`:function:${function_name}`));
      return policy_of(
        ...permissions.map(({ action, principal, qualifier, source_arn }) => ({
          Effect: "Allow" as const,
          Action: action,
          Principal: { Service: principal },
          Resource: `${arn}:${qualifier}`,
          Condition: { ArnLike: { "AWS:SourceArn": source_arn } },
        })),
      );
    }

    const api_values = z.object({ execution_arn: z.string() });
    const stage_values = z.object({ name: z.string() });

    it.each(OF_QUEUES)("%s can be invoked by nobody: Lambda itself takes its messages", (name) => {
      expect(invocation_policy(deployed(name)).Statement).toEqual([]);
    });

    it.each(OF_THE_GATEWAY)(
      "%s can be invoked for its own route of this API, and by nothing else",
      async (name) => {
        const own = deployed(name);
        const { execution_arn } = values_of("aws_apigatewayv2_api", api_values);
        const stage = values_of("aws_apigatewayv2_stage", stage_values).name;
        const path = (route = "") => `${stage}/${route.replace(" ", "")}`;
        const authorizer = `authorizers/${values_of("aws_apigatewayv2_authorizer", z.object({ id: z.string() })).id}`;
        const from = name === AUTHORIZER ? authorizer : path(TABLE[name]?.route);
        const policy = invocation_policy(own);
        const verdict_for = (asker: Asker, source: string | undefined, resource = `${own.arn}:live`) => {
          const context = source === undefined ? {} : { "aws:SourceArn": source };
          return verdict_on(
            asker,
            { action: "lambda:InvokeFunction", resource, context },
            own.account,
            policy,
          );
        };
        const gateway = service("apigateway");
        const right = `${execution_arn}/${from}`;
        expect(await verdict_for(gateway, right)).toBe("Allowed");
        const other_api = right.replace(/:[^:/]+\//, ":0123456789/");
        expect(other_api).not.toBe(right);
        const wrong: (readonly [Asker, string | undefined, string?])[] = [
          [gateway, undefined],
          [gateway, other_api],
          [gateway, right.replace(/:\d{12}:/, ":999999999999:")],
          [gateway, `${execution_arn}/${path("GET /login")}`],
          [gateway, `${execution_arn}/${name === "login" ? authorizer : path("POST /login")}`],
          [gateway, `${execution_arn}/another_stage/${(TABLE[name]?.route ?? "POST /x").replace(" ", "")}`],
          [gateway, right, own.arn],
          [gateway, right, `${own.arn}:1`],
          [service("s3"), right],
          [STRANGER, right],
          [ANYONE, right],
        ];
        for (const [asker, source, resource] of wrong) {
          expect(await verdict_for(asker, source, resource), `${source} ${resource}`).toBe(
            "ImplicitlyDenied",
          );
        }
      },
    );

    function values_of<Schema extends z.core.$ZodType>(type: string, schema: Schema): z.output<Schema> {
      const found = resources.filter((resource) => resource.type === type);
      expect(found).toHaveLength(1);
      return z.parse(schema, found[0]?.values);
    }
  });

  describe("the policy of a queue", () => {
    const TLS = { "aws:SecureTransport": "true" };

    /** As S3 sends events of a bucket that this account has. */
    function from_s3(): Readonly<Record<string, string>> {
      const { account } = deployed("admit");
      return { ...TLS, "aws:SourceArn": `arn:aws:s3:::${deployment.bucket}`, "aws:SourceAccount": account };
    }

    const verdicts = (
      asker: Asker,
      action: string,
      context: Readonly<Record<string, string>>,
      of = events(),
    ) =>
      Promise.all(
        of.map(({ arn, policy }) =>
          verdict_on(asker, { action, resource: arn, context }, deployed("admit").account, policy),
        ),
      );

    const events = () => deployment.queues.filter(({ arn }) => !arn.endsWith("-dead-letters"));

    it("is there for each queue, and each queue of dead letters", () => {
      expect(deployment.queues).toHaveLength(2 * OF_QUEUES.length);
      expect(events()).toHaveLength(OF_QUEUES.length);
    });

    it("lets S3 send what happens in the bucket of this account, and do nothing else", async () => {
      const s3 = service("s3");
      expect(await verdicts(s3, "sqs:SendMessage", from_s3())).toEqual(OF_QUEUES.map(() => "Allowed"));
      expect(await verdicts(s3, "sqs:ReceiveMessage", from_s3())).toEqual(
        OF_QUEUES.map(() => "ImplicitlyDenied"),
      );
      const dead = deployment.queues.filter(({ arn }) => arn.endsWith("-dead-letters"));
      expect(await verdicts(s3, "sqs:SendMessage", from_s3(), dead)).toEqual(
        OF_QUEUES.map(() => "ImplicitlyDenied"),
      );
    });

    it("lets S3 send nothing on behalf of another bucket, or of a bucket of this name in another account", async () => {
      const wrong = [
        { ...from_s3(), "aws:SourceArn": "arn:aws:s3:::another-bucket" },
        { ...from_s3(), "aws:SourceArn": `arn:aws:s3:::${deployment.bucket}-2` },
        { ...from_s3(), "aws:SourceAccount": "999999999999" },
        { ...TLS, "aws:SourceArn": `arn:aws:s3:::${deployment.bucket}` },
        { ...TLS, "aws:SourceAccount": deployed("admit").account },
        TLS,
      ];
      for (const context of wrong) {
        expect(await verdicts(service("s3"), "sqs:SendMessage", context)).toEqual(
          OF_QUEUES.map(() => "ImplicitlyDenied"),
        );
      }
    });

    it("lets nobody else send", async () => {
      for (const asker of [service("sns"), service("lambda"), STRANGER, ANYONE]) {
        expect(await verdicts(asker, "sqs:SendMessage", from_s3())).toEqual(
          OF_QUEUES.map(() => "ImplicitlyDenied"),
        );
      }
    });

    it("wants TLS, even of S3 and of someone who may do anything", async () => {
      const without = { ...from_s3(), "aws:SecureTransport": "false" };
      const { account } = deployed("admit");
      const anyone_here = { principal: `arn:aws:iam::${account}:user/administrator`, policies: [ANYTHING] };
      expect(await verdicts(service("s3"), "sqs:SendMessage", without)).toEqual(
        OF_QUEUES.map(() => "ExplicitlyDenied"),
      );
      for (const action of ["sqs:ReceiveMessage", "sqs:PurgeQueue"]) {
        expect(await verdicts(anyone_here, action, TLS, [...deployment.queues])).toEqual(
          deployment.queues.map(() => "Allowed"),
        );
        expect(await verdicts(anyone_here, action, without, [...deployment.queues])).toEqual(
          deployment.queues.map(() => "ExplicitlyDenied"),
        );
      }
    });
  });

  describe("the bucket's policy", () => {
    const question = (context: Readonly<Record<string, string>>) => ({
      action: "s3:GetObject",
      resource: `arn:aws:s3:::${deployment.bucket}/${PHOTO}`,
      context,
    });
    const verdict_for = (asker: Asker, context: Readonly<Record<string, string>>) =>
      verdict_on(asker, question(context), deployed("list").account, deployment.bucket_policy);
    const TLS = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.2" };

    it("lets nobody in by itself", async () => {
      expect(await verdict_for(ANYONE, TLS)).toBe("ImplicitlyDenied");
      expect(await verdict_for(STRANGER, TLS)).toBe("ImplicitlyDenied");
      expect(await verdict_for(service("cloudfront"), TLS)).toBe("ImplicitlyDenied");
    });

    it("wants TLS of at least 1.2, even of someone who may do anything", async () => {
      const { account } = deployed("list");
      const anyone_here = { principal: `arn:aws:iam::${account}:user/administrator`, policies: [ANYTHING] };
      expect(await verdict_for(anyone_here, TLS)).toBe("Allowed");
      expect(await verdict_for(anyone_here, { ...TLS, "s3:TlsVersion": "1.3" })).toBe("Allowed");
      expect(await verdict_for(anyone_here, { ...TLS, "s3:TlsVersion": "1.1" })).toBe("ExplicitlyDenied");
      expect(await verdict_for(anyone_here, { "aws:SecureTransport": "false" })).toBe("ExplicitlyDenied");
    });
  });
});
