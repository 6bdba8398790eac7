/**
 * An HTTP server that gives a scripted answer to each request, for what a strict stand-in never does: fail. The AWS
 * clients run against it whole, with their own serialisation, retries and time-outs.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `reset` breaks the connection off where the answer should be; `silence` never answers. */
export type Scripted = ScriptedAnswer | "reset" | "silence";

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** @param script what to answer to a request; the number of those before it comes with it */
export async function scripted_server(
  script: (request: ReceivedRequest, earlier: number) => Scripted,
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = "", url = "", headers } = incoming;
    const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
    answer(response, script(request, requests.push(request) - 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(response: ServerResponse, scripted: Scripted): void {
  if (scripted === "silence") return;
  if (scripted === "reset") response.destroy();
  else response.writeHead(scripted.status, { ...scripted.headers }).end(scripted.body);
}

/** An error as S3 writes it. */
export const s3_error = (status: number, code: string, message = "As S3 words it."): ScriptedAnswer => ({
  status,
  headers: { "content-type": "application/xml", "x-amz-request-id": "TX234S0F24A06C7" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});

/** Milliseconds after which a client gives up: soon where it would wait in vain, late where the machine may be busy. */
export const patience = (script: readonly Scripted[]): number => (script.includes("silence") ? 150 : 20_000);
