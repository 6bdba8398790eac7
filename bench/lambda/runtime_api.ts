/**
 * The Runtime API of one sandbox on a loopback address: hands out events and takes the answers.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface RuntimeApi {
  /** Host and port, as AWS_LAMBDA_RUNTIME_API has them. */
  readonly address: string;
  /** Resolves when the runtime asks for its next event: it has started, or is done with the one before. */
  readonly idle: () => Promise<void>;
  /**
   * Hands an event to the runtime, which must be idle.
   * @returns what the function answered, as JSON text
   * @throws Error with the report of the runtime when the function failed
   */
  readonly invoke: (event: string, timeout_s: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

const VERSION = "/2018-06-01/runtime";

export async function start_runtime_api(function_name: string): Promise<RuntimeApi> {
  let poll = Promise.withResolvers<ServerResponse>();
  let under_way: PromiseWithResolvers<string> | undefined;
  const server = createServer((request, response) => {
    if (request.url === `${VERSION}/invocation/next`) return poll.resolve(response);
    read_text(request).then(
      (text) => {
        take_report(request.url ?? "", text);
        response.writeHead(202).end();
      },
      () => response.destroy(),
    );
  });

  function take_report(path: string, text: string): void {
    if (path === `${VERSION}/init/error`) poll.reject(new Error(`the function did not start: ${text}`));
    else if (path.endsWith("/response")) under_way?.resolve(text);
    else under_way?.reject(new Error(`the function failed: ${text}`));
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    address: address_of(server.address()),
    idle: async () => {
      await poll.promise;
    },
    invoke: async (event, timeout_s) => {
      const next = await poll.promise;
      poll = Promise.withResolvers();
      under_way = Promise.withResolvers();
      next.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": randomUUID(),
        "lambda-runtime-deadline-ms": String(Date.now() + timeout_s * 1000),
        "lambda-runtime-invoked-function-arn": `arn:aws:lambda:eu-central-1:000000000000:function:${function_name}`,
        "lambda-runtime-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
      });
      next.end(event);
      return under_way.promise;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function address_of(address: ReturnType<ReturnType<typeof createServer>["address"]>): string {
  if (address === null || typeof address === "string") throw new Error("The Runtime API has no port.");
  return `${address.address}:${address.port}`;
}

async function read_text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
