/** A gateway before the gateway that spoils some answers, as a broken backend would. */
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

export interface SpoiltAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** Changes an answer, or gives undefined to leave it as it is. */
export type Spoil = (path: string, answer: SpoiltAnswer) => SpoiltAnswer | undefined;

export interface TamperingProxy {
  readonly port: number;
  close(): Promise<void>;
}

export async function tampering_proxy(target: string, spoil: Spoil): Promise<TamperingProxy> {
  const server = createServer(async (request, response) => {
    const { jwt, "content-type": type } = request.headers;
    const path = request.url ?? "/";
    const answer = await fetch(target + path, {
      method: request.method ?? "GET",
      redirect: "manual",
      headers: {
        ...(typeof jwt === "string" && { jwt }),
        ...(type !== undefined && { "content-type": type }),
      },
      body: await buffer(request),
    });
    const original = { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
    const { status, body } = spoil(path, original) ?? original;
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => !HOP_BY_HOP.has(name)));
    response.writeHead(status, { ...headers, "content-length": body.byteLength }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port.");
  return {
    port: address.port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** RFC 9110, section 7.6.1. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);
