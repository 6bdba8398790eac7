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
import { checksum_key } from "../../layer/checksum_keys.ts";
import {
  export_archive_key,
  export_part_key,
  export_plan_key,
  export_result_key,
  export_segment_key,
  export_task_key,
  new_part_name,
} from "../../layer/export_keys.ts";
import { done_key, outcomes_key, plan_key, task_key, trial_key } from "../../layer/job_keys.ts";
import { photo_filename, photo_key, user_prefix } from "../../layer/photo_keys.ts";
import { sha256_of } from "../../layer/sha256.ts";
import { new_upload_id, outcome_key, quarantine_key } from "../../layer/upload_keys.ts";
import { SESSION_MINUTES } from "../../local/cognito/challenge_sessions.ts";
import { PASSWORD_POLICY } from "../../local/cognito/password_policy.ts";
import { DEFAULT_LIFETIMES, EXPLICIT_AUTH_FLOWS } from "../../local/cognito/user_pool.ts";
import { BUCKET, PHOTO_MAX_BYTES, REGION, read_config } from "../../local/config.ts";
import { AUTHORIZER, read_functions_table } from "../../local/functions_table.ts";
import { default_cors } from "../../local/gateway/cors.ts";
import { AUTHORIZER_TIMEOUT_MS, INTEGRATION_TIMEOUT_MS } from "../../local/gateway/limits.ts";
import { HANDLER } from "../../local/lambda/environment.ts";
import { EVENT_SOURCES, MAX_RECEIVE_COUNT } from "../../local/queues.ts";
import { type Stack, start_stack } from "../../local/stack.ts";
import { environments } from "../../schemas/environment.ts";
import { UPLOAD_SECONDS } from "../../storage/upload_id.ts";
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
const queued = names.filter((name) => table[name]?.queue !== undefined);
const routed = names.filter((name) => name !== AUTHORIZER && !queued.includes(name));
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
      arn: text,
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
  const mappings = () =>
    by_function("aws_lambda_event_source_mapping", {
      event_source_arn: text,
      function_name: text,
      batch_size: z.number(),
      maximum_batching_window_in_seconds: z.number(),
      function_response_types: texts,
      scaling_config: block({ maximum_concurrency: z.number() }),
      enabled: z.boolean().nullable(),
    });
  const queues = (name: "queue" | "dead_letters") =>
    new Map(
      all("aws_sqs_queue", {
        name: text,
        arn: text,
        url: text,
        visibility_timeout_seconds: z.number().nullable(),
        message_retention_seconds: z.number(),
        sqs_managed_sse_enabled: z.boolean(),
        redrive_allow_policy: text.nullable(),
      }).flatMap((found) =>
        found.address.startsWith(`aws_sqs_queue.${name}[`) ? [[String(found.index), found]] : [],
      ),
    );
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
      expect(count("aws_lambda_permission")).toBe(routed.length + 1);
      expect(count("aws_lambda_event_source_mapping")).toBe(queued.length);
      expect(count("aws_sqs_queue")).toBe(2 * queued.length);
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

    it("has settings that its schema takes, and that the table names", () => {
      const [{ variables }] = of(functions(), name).environment;
      expect(Object.keys(variables).sort()).toEqual(row?.environment.toSorted());
      const handler = readFileSync(path.join(project, "handlers", `${name}.ts`), "utf8");
      const [, settings] = /read_environment\("(\w+)"\)/.exec(handler) ?? [];
      const schema =
        settings === undefined ? z.object({}) : new Map(Object.entries(environments)).get(settings);
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
      expect(alias.invoke_arn).toContain(`:function:${function_name}:live/`);
      if (row?.queue !== undefined) {
        expect(of(mappings(), row.queue).function_name).toBe(alias.arn);
        return;
      }
      const uri =
        name === AUTHORIZER ? authorizer().authorizer_uri : of(integrations(), name).integration_uri;
      expect(uri).toBe(alias.invoke_arn);
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
      expect(actions.filter((action) => !/^(logs|xray|sqs):/.test(action)).toSorted()).toEqual(
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

  describe.each([AUTHORIZER, ...routed])("the function %s, which the gateway calls,", (name) => {
    it("ends before the gateway gives up waiting", () => {
      const waits_ms = name === AUTHORIZER ? AUTHORIZER_TIMEOUT_MS : INTEGRATION_TIMEOUT_MS;
      expect(of(functions(), name).timeout * 1000).toBeLessThanOrEqual(waits_ms);
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

  it("asks the authorizer on every route but those of login, refresh, logout and openapi", () => {
    const open = [...routes().values()].filter(({ authorization_type }) => authorization_type !== "CUSTOM");
    const names = open.map(({ route_key }) => route_key);
    expect(names.toSorted()).toEqual(["GET /openapi.json", "POST /login", "POST /logout", "POST /refresh"]);
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

  describe.each(queued)("the function %s, which has a queue,", (name) => {
    it("may be called by nobody: Lambda itself takes its messages", () => {
      const { function_name } = of(functions(), name);
      expect(permissions().filter((permission) => permission.function_name === function_name)).toEqual([]);
    });
  });

  describe.each(queued)("the queue of %s", (name) => {
    const queue = table[name]?.queue ?? "admissions";
    const source = EVENT_SOURCES[queue];

    it("is told by S3 of what the laptop's is told of", () => {
      const { bucket, queue: targets } = only("aws_s3_bucket_notification", {
        bucket: text,
        queue: z.array(
          z.object({ queue_arn: text, events: texts, filter_prefix: text, filter_suffix: text.nullable() }),
        ),
      });
      expect(bucket).toBe(BUCKET);
      expect(targets).toHaveLength(queued.length);
      expect(targets.filter(({ queue_arn }) => queue_arn === of(queues("queue"), queue).arn)).toEqual([
        expect.objectContaining({ events: ["s3:ObjectCreated:*"], filter_prefix: source.prefix }),
      ]);
      expect(targets.every(({ filter_suffix }) => !filter_suffix)).toBe(true);
    });

    it("gives messages to the function as the laptop's does, one of which can fail by itself", () => {
      expect(of(mappings(), queue)).toMatchObject({
        event_source_arn: of(queues("queue"), queue).arn,
        function_name: of(aliases(), name).arn,
        batch_size: source.batch_size,
        maximum_batching_window_in_seconds: 0,
        function_response_types: ["ReportBatchItemFailures"],
      });
      expect(of(mappings(), queue).enabled ?? true).toBe(true);
    });

    it("leaves most of an account's thousand sandboxes to others", () => {
      const [{ maximum_concurrency }] = of(mappings(), queue).scaling_config;
      expect(maximum_concurrency).toBeGreaterThanOrEqual(2);
      expect(maximum_concurrency).toBeLessThanOrEqual(100);
    });

    it("does not give a message again while the function may be at it", () => {
      expect(of(queues("queue"), queue).visibility_timeout_seconds).toBe(
        source.visibility_timeouts * (table[name]?.timeout_s ?? 0),
      );
    });

    it("has a queue of its own for dead letters, after as many tries as on the laptop", () => {
      const own = of(queues("queue"), queue);
      const dead = of(queues("dead_letters"), queue);
      const redrive = all("aws_sqs_queue_redrive_policy", {
        queue_url: text,
        redrive_policy: json(z.object({ deadLetterTargetArn: text, maxReceiveCount: z.number() })),
      }).filter(({ queue_url }) => queue_url === own.url);
      expect(redrive.map(({ redrive_policy }) => redrive_policy)).toEqual([
        { deadLetterTargetArn: dead.arn, maxReceiveCount: MAX_RECEIVE_COUNT },
      ]);
      expect(JSON.parse(dead.redrive_allow_policy ?? "null")).toEqual({
        redrivePermission: "byQueue",
        sourceQueueArns: [own.arn],
      });
    });

    it("keeps and encrypts what waits, and dead letters for longer", () => {
      const day_s = 24 * 60 * 60;
      const [waiting, dead] = [of(queues("queue"), queue), of(queues("dead_letters"), queue)];
      expect(waiting.message_retention_seconds).toBeGreaterThanOrEqual(4 * day_s);
      expect(dead.message_retention_seconds).toBe(14 * day_s);
      expect([waiting, dead].map((each) => each.sqs_managed_sse_enabled)).toEqual([true, true]);
    });

    it("has an alarm on a single dead letter, one on messages that wait, and its place on the dashboard", () => {
      const alarms = all("aws_cloudwatch_metric_alarm", {
        namespace: text,
        metric_name: text,
        dimensions: z.record(text, text).nullable(),
        comparison_operator: text,
        threshold: z.number(),
      }).filter(({ namespace }) => namespace === "AWS/SQS");
      const [waiting, dead] = [of(queues("queue"), queue), of(queues("dead_letters"), queue)];
      const of_queue = (name: string) => alarms.filter(({ dimensions }) => dimensions?.QueueName === name);
      expect(of_queue(dead.name)).toMatchObject([
        {
          metric_name: "ApproximateNumberOfMessagesVisible",
          comparison_operator: "GreaterThanOrEqualToThreshold",
          threshold: 1,
        },
      ]);
      expect(of_queue(waiting.name)).toMatchObject([
        { metric_name: "ApproximateAgeOfOldestMessage", comparison_operator: "GreaterThanThreshold" },
      ]);
      expect(of_queue(waiting.name)[0]?.threshold).toBeGreaterThan(waiting.visibility_timeout_seconds ?? 0);
      const { dashboard_body } = only("aws_cloudwatch_dashboard", { dashboard_body: text });
      for (const name of [waiting.name, dead.name]) expect(dashboard_body).toContain(`"${name}"`);
    });

    it("is the only one whose messages the function's role may take", () => {
      const taking = of(policies(), name).policy.Statement.filter(({ Action }) =>
        Action.some((action) => action.startsWith("sqs:")),
      );
      expect(taking.flatMap(({ Resource }) => Resource)).toEqual([of(queues("queue"), queue).arn]);
      expect(taking.flatMap(({ Action }) => Action).toSorted()).toEqual([
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
      ]);
    });

    it("takes messages of S3 for this bucket of this account alone, and nothing without TLS", () => {
      const document = (url: string) =>
        all("aws_sqs_queue_policy", { queue_url: text, policy }).find(({ queue_url }) => queue_url === url)
          ?.policy;
      const { arn, url } = of(queues("queue"), queue);
      const tls_only = (resource: string) => ({
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: ["sqs:*"],
        Resource: [resource],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      });
      expect(document(url)?.Statement).toEqual([
        {
          Sid: "NewObjects",
          Effect: "Allow",
          Principal: { Service: "s3.amazonaws.com" },
          Action: ["sqs:SendMessage"],
          Resource: [arn],
          Condition: {
            ArnEquals: { "aws:SourceArn": `arn:aws:s3:::${BUCKET}` },
            StringEquals: { "aws:SourceAccount": of(roles(), name).arn.split(":")[4] },
          },
        },
        tls_only(arn),
      ]);
      const dead = of(queues("dead_letters"), queue);
      expect(document(dead.url)?.Statement).toEqual([tls_only(dead.arn)]);
    });
  });

  it("takes photos as large as the laptop does, and no larger than S3 can copy", () => {
    const [{ variables }] = of(functions(), "request_upload").environment;
    expect(variables.PHOTO_MAX_BYTES).toBe(String(PHOTO_MAX_BYTES));
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
    expect(alarms).toHaveLength(3 * names.length + 2 * queued.length + 2);
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

    it("drops unfinished uploads, old versions and what is kept below dots, and never a photo that is there", () => {
      const { rule: rules } = only("aws_s3_bucket_lifecycle_configuration", {
        rule: z.array(
          z.object({
            status: z.literal("Enabled"),
            filter: block({
              prefix: text.nullable(),
              tag: z.array(z.unknown()),
              object_size_greater_than: z.number().nullable(),
              object_size_less_than: z.number().nullable(),
            }),
            abort_incomplete_multipart_upload: z.array(z.object({ days_after_initiation: z.number() })),
            noncurrent_version_expiration: z.array(
              z.object({ noncurrent_days: z.number(), newer_noncurrent_versions: z.number().nullable() }),
            ),
            expiration: z.array(
              z.object({
                days: z.number().nullable(),
                date: text.nullable(),
                expired_object_delete_marker: z.boolean().nullable(),
              }),
            ),
            transition: z.array(z.unknown()),
          }),
        ),
      });
      const below = (prefix: string) =>
        rules.filter(({ filter: [filter] }) => (filter.prefix ?? "") === prefix);
      const everywhere = below("");
      expect(everywhere.flatMap((rule) => rule.abort_incomplete_multipart_upload)).toEqual([
        { days_after_initiation: 2 },
      ]);
      expect(2 * 24 * 60 * 60).toBeGreaterThan(UPLOAD_SECONDS);
      expect(everywhere.flatMap((rule) => rule.noncurrent_version_expiration)).toMatchObject([
        { noncurrent_days: 30 },
      ]);
      expect(everywhere.flatMap(({ expiration }) => expiration)).toMatchObject([
        { days: null, date: null, expired_object_delete_marker: true },
      ]);
      expect(rules.flatMap(({ transition }) => transition)).toEqual([]);

      const upload = { user: "ann", id: new_upload_id() };
      const kept: readonly (readonly [key: string, days: number])[] = [
        [quarantine_key(upload), 7],
        [outcome_key(upload), 30],
        [task_key({ job: upload, part: "plan" }), 30],
        [task_key({ job: upload, part: 1 }), 30],
        [plan_key(upload), 30],
        [trial_key({ job: upload, part: 1 }), 30],
      ];
      for (const [key, days] of kept) {
        const expirations = rules
          .filter(({ filter: [{ prefix }] }) => prefix && key.startsWith(prefix))
          .map(({ expiration, noncurrent_version_expiration: old }) => [
            expiration[0]?.days,
            old[0]?.noncurrent_days,
          ]);
        expect([key, expirations]).toEqual([key, [[days, 1]]]);
      }
      for (const { expiration, filter } of rules) {
        if (expiration[0]?.days) expect(filter[0].prefix).toMatch(/^\.\w+\/$/);
      }
    });

    it("lets a page follow a redirect of the API, whose origin is then null, with the token's header", () => {
      const reading = cors_rules().filter(({ allowed_methods }) => allowed_methods.includes("GET"));
      expect(reading).toHaveLength(1);
      expect(reading[0]).toMatchObject({ allowed_origins: ["*"], allowed_headers: ["*"] });
      expect(reading[0]?.expose_headers).toEqual(expect.arrayContaining(["ETag", "Content-Disposition"]));
    });

    it("lets the pages that may call the API upload by a form and in parts, and join or remove those", () => {
      for (const method of ["POST", "PUT", "DELETE"]) {
        const fitting = cors_rules().filter(({ allowed_methods }) => allowed_methods.includes(method));
        expect(fitting).toMatchObject([{ allowed_headers: ["*"] }]);
        expect(fitting[0]?.allowed_origins).toEqual(api().cors_configuration[0].allow_origins);
        expect(fitting[0]?.expose_headers).toEqual(expect.arrayContaining(["ETag", "x-amz-checksum-crc32"]));
      }
    });

    const cors_rules = () =>
      only("aws_s3_bucket_cors_configuration", {
        cors_rule: z.array(
          z.object({
            allowed_origins: texts,
            allowed_methods: texts,
            allowed_headers: texts,
            expose_headers: texts,
          }),
        ),
      }).cors_rule;

    const matches = (pattern: string, value: string) =>
      new RegExp(
        `^${pattern
          .replace(/[.+^${}()|[\]\\]/g, "\\$&")
          .replaceAll("*", ".*")
          .replaceAll("?", ".")}$`,
        "su",
      ).test(value);

    /** The patterns of the resources that functions may do something to. */
    const granted = () =>
      new Set(
        [...policies().values()].flatMap(({ policy: document }) =>
          document.Statement.filter(
            ({ Effect, Action }) =>
              Effect === "Allow" && Action.some((action) => /^s3:\w+Object$/.test(action)),
          ).flatMap(({ Resource = [] }) => Resource),
        ),
      );
    const arn_of = (key: string) => `arn:aws:s3:::${BUCKET}/${key}`;
    /** By how the patterns begin: of photos, and of each prefix with a dot. */
    const pattern_below = (prefix: string): string => {
      const found = [...granted()].filter((pattern) => pattern.startsWith(arn_of(prefix)));
      const [pattern] = found;
      if (pattern === undefined || found.length > 1)
        throw new Error(`There are ${found.length} for ${prefix}.`);
      return pattern;
    };

    it("keeps every photo where the policies look for one, and nothing of a user under a dot", () => {
      const pattern = pattern_below("*");
      holds(
        fc.property(user_name, time, file_name, (user, at, name) => {
          const key = photo_key(user, photo_filename(at, name));
          expect(matches(pattern, arn_of(key))).toBe(true);
          expect(user_prefix(user)).not.toMatch(/^\./);
        }),
      );
      for (const other of ["a.txt", ".exports/ann/a.zip", "ann/notes.txt", "ann/2026_x.jpg"]) {
        expect(matches(pattern, arn_of(other))).toBe(false);
      }
    });

    it("keeps uploads and jobs where the policies look for them, and nothing of them is denied as a photo", () => {
      const denied = [...policies().values()].flatMap(({ policy: document }) =>
        document.Statement.filter(({ Sid }) => Sid === "PhotosAreUnderUsers").flatMap(
          ({ Resource = [] }) => Resource,
        ),
      );
      expect(new Set(denied).size).toBe(1);
      const counts = { entries: 1, bytes: 2, uploaded: 3, skipped: 4, failed: 5 };
      const part = fc.integer({ min: 0, max: 999_999 });
      // Cognito makes them.
      holds(
        fc.property(fc.uuid(), part, (user, shard) => {
          const upload = { user, id: new_upload_id() };
          const kept: readonly (readonly [prefix: string, keys: readonly string[]])[] = [
            [".checksums/", [checksum_key(user, sha256_of(Buffer.from(user)))]],
            [".quarantine/", [quarantine_key(upload)]],
            [".outcomes/", [outcome_key(upload)]],
            [".tasks/", [task_key({ job: upload, part: "plan" }), task_key({ job: upload, part: shard })]],
            [
              ".jobs/",
              [
                plan_key(upload),
                outcomes_key(upload, shard),
                done_key(upload, shard, counts),
                trial_key({ job: upload, part: shard }),
              ],
            ],
            [
              ".export_tasks/",
              [export_task_key({ job: upload, part: "plan" }), export_task_key({ job: upload, part: shard })],
            ],
            [
              ".exports/",
              [
                export_plan_key(upload),
                export_part_key(upload, new_part_name(shard)),
                export_segment_key(upload, shard),
                export_result_key(upload),
                export_archive_key(upload),
              ],
            ],
          ];
          for (const [prefix, keys] of kept) {
            for (const key of keys) {
              expect([key, matches(pattern_below(prefix), arn_of(key))]).toEqual([key, true]);
              expect([key, matches(denied[0] ?? "", arn_of(key))]).toEqual([key, false]);
            }
          }
        }),
      );
      expect(granted().size).toBe(8);
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
