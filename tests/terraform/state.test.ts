/**
 * What Terraform would deploy agrees one to one with the table of functions, the handlers and the laptop stack, and keeps
 * what README.md and docs/decisions promise. Read from the state of a pretended apply, whose second plan was empty.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { photo_filename, photo_key, user_prefix } from "../../layer/photo_keys.ts";
import { SESSION_MINUTES } from "../../local/cognito/challenge_sessions.ts";
import { PASSWORD_POLICY } from "../../local/cognito/password_policy.ts";
import { DEFAULT_LIFETIMES, EXPLICIT_AUTH_FLOWS } from "../../local/cognito/user_pool.ts";
import { BUCKET, REGION, read_config } from "../../local/config.ts";
import { AUTHORIZER, read_functions_table } from "../../local/functions_table.ts";
import { default_cors } from "../../local/gateway/cors.ts";
import { AUTHORIZER_TIMEOUT_MS, INTEGRATION_TIMEOUT_MS } from "../../local/gateway/limits.ts";
import { HANDLER } from "../../local/lambda/environment.ts";
import { type Stack, start_stack } from "../../local/stack.ts";
import { environments } from "../../schemas/environment.ts";
import { holds } from "../support/holds.ts";
import { file_name, time, user_name } from "../support/names.ts";
import {
  announce_missing_terraform,
  type DeployedResource,
  deployed_resources,
  terraform_is_here,
} from "../support/terraform_state.ts";

announce_missing_terraform("tests/terraform/state.test.ts");

const project = path.join(import.meta.dirname, "..", "..");
const table = read_functions_table();
const names = Object.keys(table).sort();
const routed = names.filter((name) => name !== AUTHORIZER);
const defaults = read_config({});

const text = z.string();
const texts = z.array(z.string());
/** A block that may be there once: Terraform keeps it as a list. */
const block = <Shape extends z.ZodRawShape>(shape: Shape) => z.tuple([z.object(shape)]);
const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((encoded): unknown => JSON.parse(encoded))
    .pipe(schema);

const one_or_more = z.union([text.transform((only) => [only]), texts]);
const policy = json(
  z.object({
    Statement: z.array(
      z.object({
        Sid: text.optional(),
        Effect: z.enum(["Allow", "Deny"]),
        Principal: z.unknown().optional(),
        Action: one_or_more,
        Resource: one_or_more.optional(),
        Condition: z.record(text, z.record(text, z.unknown())).optional(),
      }),
    ),
  }),
);

describe.runIf(terraform_is_here)("the deployment", () => {
  let resources: readonly DeployedResource[] = [];
  // Ten seconds, and on a busy machine a minute.
  beforeAll(async () => {
    resources = await deployed_resources();
  }, 180_000);

  const all = <Shape extends z.ZodRawShape>(type: string, shape: Shape) =>
    resources
      .filter((resource) => resource.type === type)
      .map(({ address, name, index, values }) => ({
        address,
        name,
        index,
        ...z.object(shape).parse(values, { error: () => address }),
      }));

  const only = <Shape extends z.ZodRawShape>(type: string, shape: Shape) => {
    const found = all(type, shape);
    const [one] = found;
    if (one === undefined || found.length > 1)
      throw new Error(`There are ${found.length} of ${type}, not one.`);
    return one;
  };

  /** The instances of one resource of Terraform by the function that they are for. */
  const by_function = <Shape extends z.ZodRawShape>(type: string, shape: Shape) =>
    new Map(
      all(type, shape).flatMap((found) => (typeof found.index === "string" ? [[found.index, found]] : [])),
    );

  const of = <Found>(found: ReadonlyMap<string, Found>, name: string): Found => {
    const one = found.get(name);
    if (one === undefined) throw new Error(`There is none for ${name}.`);
    return one;
  };

  const functions = () =>
    by_function("aws_lambda_function", {
      function_name: text,
      arn: text,
      version: text,
      role: text,
      filename: text,
      source_code_hash: text,
      handler: text,
      runtime: text,
      architectures: texts,
      layers: texts,
      memory_size: z.number(),
      timeout: z.number(),
      publish: z.boolean(),
      reserved_concurrent_executions: z.number(),
      environment: block({ variables: z.record(text, text) }),
      logging_config: block({ log_format: text, log_group: text, application_log_level: text }),
      tracing_config: block({ mode: text }),
    });
  const aliases = () =>
    by_function("aws_lambda_alias", {
      name: text,
      function_name: text,
      function_version: text,
      invoke_arn: text,
    });
  const routes = () =>
    by_function("aws_apigatewayv2_route", {
      route_key: text,
      target: text,
      authorization_type: text,
      authorizer_id: text.nullable(),
    });
  const integrations = () =>
    by_function("aws_apigatewayv2_integration", {
      id: text,
      integration_type: text,
      integration_uri: text,
      payload_format_version: text,
      timeout_milliseconds: z.number(),
    });
  const roles = () => by_function("aws_iam_role", { name: text, arn: text, assume_role_policy: policy });
  const policies = () => by_function("aws_iam_role_policy", { role: text, policy });
  const log_group = { name: text, arn: text, retention_in_days: z.number().nullable() };
  const api = () =>
    only("aws_apigatewayv2_api", {
      id: text,
      execution_arn: text,
      cors_configuration: block({
        allow_origins: texts,
        allow_methods: texts,
        allow_headers: texts,
        expose_headers: texts,
        max_age: z.number(),
      }),
    });
  const stage = () =>
    only("aws_apigatewayv2_stage", {
      name: text,
      auto_deploy: z.boolean(),
      access_log_settings: block({ destination_arn: text, format: json(z.record(text, text)) }),
      route_settings: z.array(
        z.object({
          route_key: text,
          throttling_rate_limit: z.number(),
          throttling_burst_limit: z.number(),
        }),
      ),
    });
  const authorizer = () =>
    only("aws_apigatewayv2_authorizer", {
      id: text,
      authorizer_type: text,
      authorizer_uri: text,
      authorizer_payload_format_version: text,
      enable_simple_responses: z.boolean(),
      identity_sources: texts,
      authorizer_result_ttl_in_seconds: z.number(),
    });
  const permissions = () =>
    all("aws_lambda_permission", {
      function_name: text,
      qualifier: text,
      principal: text,
      action: text,
      source_arn: text,
    });

  describe("one to one", () => {
    it("has what each function of the table and each handler needs, and nothing beside", () => {
      const handlers = readdirSync(path.join(project, "handlers")).map((file) => path.basename(file, ".ts"));
      const of_all = {
        handlers,
        functions: [...functions().keys()],
        aliases: [...aliases().keys()],
        roles: [...roles().keys()],
        policies: [...policies().keys()],
        log_groups: [...by_function("aws_cloudwatch_log_group", log_group).keys()],
      };
      const of_routed = {
        routes: [...routes().keys()],
        integrations: [...integrations().keys()],
        permissions: [...by_function("aws_lambda_permission", {}).keys()],
      };
      for (const [what, found] of Object.entries(of_all)) expect([what, found.sort()]).toEqual([what, names]);
      for (const [what, found] of Object.entries(of_routed)) {
        expect([what, found.sort()]).toEqual([what, routed]);
      }
    });

    it("has no function, route, permission or role that is not of the table", () => {
      const count = (type: string) => all(type, {}).length;
      expect(count("aws_lambda_function")).toBe(names.length);
      expect(count("aws_apigatewayv2_route")).toBe(routed.length);
      expect(count("aws_apigatewayv2_integration")).toBe(routed.length);
      expect(count("aws_lambda_permission")).toBe(names.length);
      expect(count("aws_iam_role")).toBe(names.length);
      expect(count("aws_iam_role_policy")).toBe(names.length);
      expect(count("aws_iam_role_policy_attachment")).toBe(0);
      expect(count("aws_iam_policy")).toBe(0);
      expect(count("aws_lambda_function_url")).toBe(0);
    });

    it("has each thing once, under a name of its own", () => {
      const unique = (values: Iterable<string>) => {
        const list = [...values];
        expect(new Set(list).size).toBe(list.length);
      };
      unique([...functions().values()].map(({ function_name }) => function_name));
      unique([...functions().values()].map(({ filename }) => filename));
      unique([...functions().values()].map(({ source_code_hash }) => source_code_hash));
      unique([...roles().values()].map(({ name }) => name));
      unique([...routes().values()].map(({ route_key }) => route_key));
      unique(all("aws_cloudwatch_log_group", log_group).map(({ name }) => name));
      unique(permissions().map(({ function_name }) => function_name));
    });
  });

  describe.each(names)("the function %s", (name) => {
    const row = table[name];

    it("runs the code that was built for it, with the memory and the time of the table", () => {
      const { filename, ...deployed } = of(functions(), name);
      expect(path.normalize(filename)).toBe(path.join("..", "dist", `${name}.zip`));
      expect(deployed).toMatchObject({
        handler: HANDLER,
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        layers: [only("aws_lambda_layer_version", { arn: text }).arn],
        memory_size: row?.memory_mb,
        timeout: row?.timeout_s,
        reserved_concurrent_executions: row?.reserved_concurrency ?? -1,
        tracing_config: [{ mode: "Active" }],
      });
    });

    it("ends before the gateway gives up waiting", () => {
      const waits_ms = name === AUTHORIZER ? AUTHORIZER_TIMEOUT_MS : INTEGRATION_TIMEOUT_MS;
      expect(of(functions(), name).timeout * 1000).toBeLessThanOrEqual(waits_ms);
    });

    it("has settings that its schema takes, and that the table names", () => {
      const [{ variables }] = of(functions(), name).environment;
      expect(Object.keys(variables).sort()).toEqual(row?.environment.toSorted());
      const handler = readFileSync(path.join(project, "handlers", `${name}.ts`), "utf8");
      const settings = /read_environment\("(\w+)"\)/.exec(handler)?.[1] ?? "";
      const schema = new Map(Object.entries(environments)).get(settings);
      expect(schema?.safeParse({ ...variables, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" })).toMatchObject({
        success: true,
      });
    });

    it("writes JSON to a log group of its own, which forgets", () => {
      const [{ log_format, log_group: own }] = of(functions(), name).logging_config;
      const group = of(by_function("aws_cloudwatch_log_group", log_group), name);
      expect({ log_format, own }).toEqual({ log_format: "JSON", own: group.name });
      expect(group.name).toBe(`/aws/lambda/${of(functions(), name).function_name}`);
      expect(group.retention_in_days).toBeGreaterThan(0);
    });

    it("is called by its alias, which stands for a published version", () => {
      const { publish, function_name, version } = of(functions(), name);
      const alias = of(aliases(), name);
      expect({ publish, version: /^\d+$/.test(version) }).toEqual({ publish: true, version: true });
      expect(alias).toMatchObject({ name: "live", function_name, function_version: version });
      const uri =
        name === AUTHORIZER ? authorizer().authorizer_uri : of(integrations(), name).integration_uri;
      expect(uri).toBe(alias.invoke_arn);
      expect(alias.invoke_arn).toContain(`:function:${function_name}:live/`);
    });

    it("may be called by the gateway for its own route alone", () => {
      const { function_name } = of(functions(), name);
      const { execution_arn } = api();
      const source =
        name === AUTHORIZER
          ? `authorizers/${authorizer().id}`
          : `${stage().name}/${of(routes(), name).route_key.replace(" ", "")}`;
      const allowed = permissions().filter((permission) => permission.function_name === function_name);
      expect(allowed).toMatchObject([
        {
          action: "lambda:InvokeFunction",
          principal: "apigateway.amazonaws.com",
          qualifier: "live",
          source_arn: `${execution_arn}/${source}`,
        },
      ]);
    });

    it("has a role of its own that only Lambda takes, with the table's actions and no wildcard", () => {
      const role = of(roles(), name);
      expect(of(functions(), name).role).toBe(role.arn);
      expect(role.assume_role_policy.Statement).toMatchObject([
        { Effect: "Allow", Action: ["sts:AssumeRole"], Principal: { Service: "lambda.amazonaws.com" } },
      ]);
      const { role: of_role, policy: document } = of(policies(), name);
      expect(of_role).toBe(role.name);
      const allows = document.Statement.filter(({ Effect }) => Effect === "Allow");
      const actions = allows.flatMap(({ Action }) => Action);
      expect(actions.filter((action) => /[*?]/.test(action))).toEqual([]);
      expect(actions.filter((action) => !/^(logs|xray):/.test(action)).toSorted()).toEqual(
        Object.values(row?.permissions ?? {})
          .flat()
          .toSorted(),
      );
      for (const { Action, Resource } of allows) {
        if (!Action.every((action) => action.startsWith("xray:"))) expect(Resource).not.toContain("*");
      }
    });

    it("may write to its own log and to no other", () => {
      const group = of(by_function("aws_cloudwatch_log_group", log_group), name);
      const to_logs = of(policies(), name).policy.Statement.filter(({ Action }) =>
        Action.some((action) => action.startsWith("logs:")),
      );
      expect(to_logs.flatMap(({ Resource }) => Resource)).toEqual([`${group.arn}:*`]);
      expect(to_logs.flatMap(({ Action }) => Action).sort()).toEqual([
        "logs:CreateLogStream",
        "logs:PutLogEvents",
      ]);
    });

    it("has alarms on errors, throttles and duration, and its place on the dashboard", () => {
      const { function_name } = of(functions(), name);
      const alarms = all("aws_cloudwatch_metric_alarm", {
        metric_name: text,
        dimensions: z.record(text, text).nullable(),
        threshold: z.number(),
        extended_statistic: text.nullable(),
      }).filter(({ dimensions }) => dimensions?.FunctionName === function_name);
      expect(alarms.map(({ metric_name }) => metric_name).sort()).toEqual([
        "Duration",
        "Errors",
        "Throttles",
      ]);
      const duration = alarms.find(({ metric_name }) => metric_name === "Duration");
      expect(duration?.extended_statistic).toBe("p95");
      expect(duration?.threshold).toBeLessThan((row?.timeout_s ?? 0) * 1000);
      expect(only("aws_cloudwatch_dashboard", { dashboard_body: text }).dashboard_body).toContain(
        `"${function_name}"`,
      );
    });
  });

  describe.each(routed)("the route of %s", (name) => {
    it("is that of the table, asks the authorizer as the table says, and leads to the function", () => {
      const route = of(routes(), name);
      const integration = of(integrations(), name);
      const asks = table[name]?.authorized
        ? { authorization_type: "CUSTOM", authorizer_id: authorizer().id }
        : { authorization_type: "NONE", authorizer_id: null };
      expect(route).toMatchObject({
        ...asks,
        route_key: table[name]?.route,
        target: `integrations/${integration.id}`,
      });
      expect(integration).toMatchObject({
        integration_type: "AWS_PROXY",
        payload_format_version: "2.0",
        timeout_milliseconds: INTEGRATION_TIMEOUT_MS,
      });
    });
  });

  it("asks the authorizer on every route but that of login", () => {
    const open = [...routes().values()].filter(({ authorization_type }) => authorization_type !== "CUSTOM");
    expect(open.map(({ route_key }) => route_key)).toEqual(["POST /login"]);
  });

  it("has an authorizer as the laptop's gateway has it", () => {
    expect(authorizer()).toMatchObject({
      authorizer_type: "REQUEST",
      authorizer_payload_format_version: "2.0",
      enable_simple_responses: true,
      identity_sources: [`$request.header.${defaults.token_header}`],
      authorizer_result_ttl_in_seconds: defaults.authorizer_ttl_s,
    });
    expect(defaults.authorizer_ttl_s).toBeLessThanOrEqual(60);
  });

  it("answers other origins as the laptop's gateway does", () => {
    const [cors] = api().cors_configuration;
    const sorted = (values: readonly string[]) => values.toSorted();
    const laptop = default_cors(defaults.token_header);
    expect({
      origins: sorted(cors.allow_origins),
      methods: sorted(cors.allow_methods),
      headers: sorted(cors.allow_headers),
      exposed: sorted(cors.expose_headers),
      max_age_s: cors.max_age,
    }).toEqual({
      origins: sorted(laptop.allow_origins),
      methods: sorted(laptop.allow_methods),
      headers: sorted(laptop.allow_headers),
      exposed: sorted(laptop.expose_headers),
      max_age_s: laptop.max_age_s,
    });
  });

  it("throttles every route, and that of login most", () => {
    const settings = stage().route_settings;
    expect(settings.map(({ route_key }) => route_key).sort()).toEqual(
      routed.map((name) => table[name]?.route).sort(),
    );
    for (const { throttling_rate_limit, throttling_burst_limit } of settings) {
      expect(throttling_rate_limit).toBeGreaterThan(0);
      expect(throttling_burst_limit).toBeGreaterThan(0);
    }
    const tightest = settings.toSorted((a, b) => a.throttling_rate_limit - b.throttling_rate_limit)[0];
    expect(tightest?.route_key).toBe("POST /login");
  });

  it("keeps an access log that says what happened, without anything that a client has sent in secret", () => {
    const [{ destination_arn, format }] = stage().access_log_settings;
    const group = all("aws_cloudwatch_log_group", log_group).find(({ arn }) => arn === destination_arn);
    expect(group?.retention_in_days).toBeGreaterThan(0);
    const logged = Object.values(format);
    for (const variable of [
      "requestId",
      "routeKey",
      "status",
      "responseLatency",
      "integrationErrorMessage",
    ]) {
      expect(logged).toContain(`$context.${variable}`);
    }
    // HTTP APIs know a variable for one header only, the user agent, with which a client could forge fields.
    for (const variable of logged) {
      expect(variable).toMatch(/^\$context\.[\w.]+$/);
      expect(variable).not.toMatch(/authorizer\.(?!error$)|claims|[qQ]uery|path|userAgent/);
    }
    const filter = only("aws_cloudwatch_log_metric_filter", { log_group_name: text, pattern: text });
    expect(filter.log_group_name).toBe(group?.name);
    for (const [, field = ""] of filter.pattern.matchAll(/\$\.(\w+)/g)) expect(format).toHaveProperty(field);
  });

  it("has no log group that keeps its records for ever", () => {
    const groups = all("aws_cloudwatch_log_group", log_group);
    expect(groups).toHaveLength(names.length + 1);
    expect(groups.filter(({ retention_in_days }) => !retention_in_days)).toEqual([]);
  });

  it("alarms of 5xx answers and of an authorizer that fails, and of nothing where there is nothing", () => {
    const alarms = all("aws_cloudwatch_metric_alarm", {
      namespace: text,
      metric_name: text,
      treat_missing_data: text,
      dimensions: z.record(text, text).nullable(),
    });
    expect(alarms).toHaveLength(3 * names.length + 2);
    for (const { treat_missing_data } of alarms) expect(treat_missing_data).toBe("notBreaching");
    const of_api = alarms.find(({ metric_name }) => metric_name === "5xx");
    expect(of_api?.dimensions).toEqual({ ApiId: api().id, Stage: stage().name });
    const filter = only("aws_cloudwatch_log_metric_filter", {
      metric_transformation: block({ namespace: text, name: text }),
    });
    const [{ namespace, name: metric_name }] = filter.metric_transformation;
    expect(alarms).toContainEqual(expect.objectContaining({ namespace, metric_name }));
  });

  describe("the bucket", () => {
    const same_bucket = (type: string, shape: z.ZodRawShape) =>
      expect(all(type, { bucket: text, ...shape }).map(({ bucket }) => bucket));

    it("is the laptop's by name, is not public, has no ACLs, encrypts and keeps versions", () => {
      const buckets = all("aws_s3_bucket", { bucket: text, force_destroy: z.boolean().nullable() });
      expect(buckets.map(({ bucket, force_destroy }) => [bucket, force_destroy ?? false])).toEqual([
        [BUCKET, false],
      ]);
      same_bucket("aws_s3_bucket_public_access_block", {
        block_public_acls: z.literal(true),
        block_public_policy: z.literal(true),
        ignore_public_acls: z.literal(true),
        restrict_public_buckets: z.literal(true),
      }).toEqual([BUCKET]);
      same_bucket("aws_s3_bucket_ownership_controls", {
        rule: block({ object_ownership: z.literal("BucketOwnerEnforced") }),
      }).toEqual([BUCKET]);
      same_bucket("aws_s3_bucket_server_side_encryption_configuration", {
        rule: block({
          apply_server_side_encryption_by_default: block({ sse_algorithm: z.literal("AES256") }),
        }),
      }).toEqual([BUCKET]);
      same_bucket("aws_s3_bucket_versioning", {
        versioning_configuration: block({ status: z.literal("Enabled") }),
      }).toEqual([BUCKET]);
    });

    it("is reached by TLS alone, and allows nothing to anybody by its policy", () => {
      const { bucket, policy: document } = only("aws_s3_bucket_policy", { bucket: text, policy });
      expect(bucket).toBe(BUCKET);
      expect(document.Statement.filter(({ Effect }) => Effect === "Allow")).toEqual([]);
      expect(document.Statement).toContainEqual({
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:*"],
        Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      });
    });

    it("drops unfinished uploads and old versions, and never a photo that is there", () => {
      const { rule: rules } = only("aws_s3_bucket_lifecycle_configuration", {
        rule: z.array(
          z.object({
            status: z.literal("Enabled"),
            abort_incomplete_multipart_upload: z.array(z.object({ days_after_initiation: z.number() })),
            noncurrent_version_expiration: z.array(z.object({ noncurrent_days: z.number() })),
            expiration: z.array(
              z.object({
                days: z.number().nullable(),
                date: text.nullable(),
                expired_object_delete_marker: z.boolean(),
              }),
            ),
            transition: z.array(z.unknown()),
          }),
        ),
      });
      expect(rules.flatMap((rule) => rule.abort_incomplete_multipart_upload)).toEqual([
        { days_after_initiation: 1 },
      ]);
      expect(rules.flatMap((rule) => rule.noncurrent_version_expiration)).toEqual([{ noncurrent_days: 30 }]);
      expect(rules.flatMap(({ transition }) => transition)).toEqual([]);
      expect(rules.flatMap(({ expiration }) => expiration)).toEqual([
        { days: null, date: null, expired_object_delete_marker: true },
      ]);
    });

    it("lets a page follow a redirect of the API, whose origin is then null, with the token's header", () => {
      const { cors_rule } = only("aws_s3_bucket_cors_configuration", {
        cors_rule: block({
          allowed_origins: texts,
          allowed_methods: texts,
          allowed_headers: texts,
          expose_headers: texts,
        }),
      });
      const [{ allowed_origins, allowed_methods, allowed_headers, expose_headers }] = cors_rule;
      expect(allowed_origins).toEqual(["*"]);
      expect(allowed_headers).toEqual(["*"]);
      expect(allowed_methods).toContain("GET");
      expect(expose_headers).toEqual(expect.arrayContaining(["ETag", "Content-Disposition"]));
    });

    it("keeps every photo where the policies look for one, and nothing of a user under a dot", () => {
      const granted = [...policies().values()].flatMap(({ policy: document }) =>
        document.Statement.filter(
          ({ Effect, Action }) =>
            Effect === "Allow" && Action.some((action) => /^s3:\w+Object$/.test(action)),
        ).flatMap(({ Resource = [] }) => Resource),
      );
      expect(new Set(granted).size).toBe(1);
      const matches = (pattern: string, value: string) =>
        new RegExp(
          `^${pattern
            .replace(/[.+^${}()|[\]\\]/g, "\\$&")
            .replaceAll("*", ".*")
            .replaceAll("?", ".")}$`,
          "su",
        ).test(value);
      holds(
        fc.property(user_name, time, file_name, (user, at, name) => {
          const arn = `arn:aws:s3:::${BUCKET}/${photo_key(user, photo_filename(at, name))}`;
          expect(matches(granted[0] ?? "", arn)).toBe(true);
          expect(user_prefix(user)).not.toMatch(/^\./);
        }),
      );
      for (const other of ["a.txt", ".exports/ann/a.zip", "ann/notes.txt", "ann/2026_x.jpg"]) {
        expect(matches(granted[0] ?? "", `arn:aws:s3:::${BUCKET}/${other}`)).toBe(false);
      }
    });
  });

  describe("Cognito", () => {
    it("has the laptop's user pool, which is not deleted by mistake", () => {
      expect(
        only("aws_cognito_user_pool", {
          username_attributes: texts,
          auto_verified_attributes: texts,
          username_configuration: z.unknown(),
          password_policy: z.unknown(),
          account_recovery_setting: z.unknown(),
          admin_create_user_config: z.unknown(),
          mfa_configuration: text,
          deletion_protection: text,
        }),
      ).toMatchObject({
        username_attributes: ["email"],
        auto_verified_attributes: ["email"],
        username_configuration: [{ case_sensitive: false }],
        password_policy: [
          {
            minimum_length: PASSWORD_POLICY.MinimumLength,
            require_uppercase: PASSWORD_POLICY.RequireUppercase,
            require_lowercase: PASSWORD_POLICY.RequireLowercase,
            require_numbers: PASSWORD_POLICY.RequireNumbers,
            require_symbols: PASSWORD_POLICY.RequireSymbols,
            temporary_password_validity_days: PASSWORD_POLICY.TemporaryPasswordValidityDays,
          },
        ],
        account_recovery_setting: [{ recovery_mechanism: [{ name: "verified_email", priority: 1 }] }],
        admin_create_user_config: [{ allow_admin_create_user_only: false }],
        mfa_configuration: "OFF",
        deletion_protection: "ACTIVE",
      });
    });

    it("has the laptop's app client: nothing told of who exists, tokens revoked, no flow that is not used", () => {
      const client = only("aws_cognito_user_pool_client", {
        explicit_auth_flows: texts,
        prevent_user_existence_errors: text,
        enable_token_revocation: z.boolean(),
        generate_secret: z.boolean(),
        allowed_oauth_flows_user_pool_client: z.boolean(),
        auth_session_validity: z.number(),
        access_token_validity: z.number(),
        id_token_validity: z.number(),
        refresh_token_validity: z.number(),
        token_validity_units: z.unknown(),
      });
      expect(client.explicit_auth_flows.toSorted()).toEqual([...EXPLICIT_AUTH_FLOWS].sort());
      expect(client).toMatchObject({
        prevent_user_existence_errors: "ENABLED",
        enable_token_revocation: true,
        generate_secret: false,
        allowed_oauth_flows_user_pool_client: false,
        auth_session_validity: SESSION_MINUTES,
        access_token_validity: DEFAULT_LIFETIMES.access_seconds / 60,
        id_token_validity: DEFAULT_LIFETIMES.id_seconds / 60,
        refresh_token_validity: DEFAULT_LIFETIMES.refresh_seconds / (24 * 60 * 60),
        token_validity_units: [{ access_token: "minutes", id_token: "minutes", refresh_token: "days" }],
      });
    });
  });

  it("is where the laptop pretends to be", () => {
    expect(of(functions(), AUTHORIZER).arn.split(":")[3]).toBe(REGION);
  });

  describe("the laptop stack", () => {
    let stack: Stack | undefined;
    const folder = mkdtempSync(path.join(tmpdir(), "photo-uploader-state-"));
    afterAll(async () => {
      await stack?.close();
      rmSync(folder, { recursive: true });
    });

    /** Starts it from bundles that only answer their name. */
    async function start(): Promise<Stack> {
      const dist_dir = path.join(folder, "dist");
      mkdirSync(path.join(dist_dir, "layer", "nodejs"), { recursive: true });
      for (const name of names) {
        mkdirSync(path.join(dist_dir, "functions", name), { recursive: true });
        const answer = name === AUTHORIZER ? { isAuthorized: true } : { statusCode: 200, body: name };
        const source = `exports.handler = async () => (${JSON.stringify(answer)});`;
        writeFileSync(path.join(dist_dir, "functions", name, "index.cjs"), source);
      }
      const config = read_config({
        PORT: "0",
        S3_PORT: "0",
        COGNITO_PORT: "0",
        DATA_DIR: path.join(folder, "data"),
      });
      return start_stack({ config, on_log: () => {}, dist_dir });
    }

    it("has the deployed functions behind the deployed routes, with the authorizer before the same ones", async () => {
      stack = await start();
      expect(Object.keys(stack.functions).sort()).toEqual([...functions().keys()].sort());
      for (const [name, { route_key, authorization_type }] of routes()) {
        const [method = "", route_path = ""] = route_key.split(" ");
        const ask = (headers: Record<string, string>) =>
          fetch(`${stack?.url}${route_path}`, { method, headers });
        expect([name, (await ask({})).status]).toEqual([name, authorization_type === "NONE" ? 200 : 401]);
        const answer = await ask({ [defaults.token_header]: "a token" });
        expect([name, answer.status, await answer.text()]).toEqual([name, 200, name]);
      }
    });
  });
});
