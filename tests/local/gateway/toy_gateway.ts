/** Starts gateways before functions that are plain functions of the test, and speaks raw HTTP to them. */
import { connect } from "node:net";
import { default_cors } from "../../../local/gateway/cors.ts";
import {
  type Gateway,
  type GatewaySettings,
  type Route,
  start_gateway,
} from "../../../local/gateway/server.ts";
import type { Invoke } from "../../../local/lambda/function.ts";

/** A function that answers with what the given one returns. */
export function returning(make: (event: unknown) => unknown): Invoke {
  return async (event) => ({ payload: await make(event) });
}

export const ALLOW: Invoke = returning(() => ({ isAuthorized: true, context: { username: "ada" } }));

export type ToyGateway = Gateway & {
  /** The access log, parsed. */
  readonly log: Record<string, unknown>[];
};

export type ToyGateways = {
  readonly start: (
    routes: Record<string, Invoke | Route>,
    settings?: Partial<GatewaySettings>,
  ) => Promise<ToyGateway>;
  readonly close: () => Promise<void>;
};

/** A route given as a function needs no authorizer. */
export function make_gateways(): ToyGateways {
  const open: Gateway[] = [];
  return {
    async start(routes, settings = {}) {
      const log: Record<string, unknown>[] = [];
      const gateway = await start_gateway({
        port: 0,
        region: "eu-central-1",
        routes: new Map(
          Object.entries(routes).map(([key, route]) => [
            key,
            typeof route === "function" ? { invoke: route, authorized: false } : route,
          ]),
        ),
        authorizer: ALLOW,
        token_header: "JWT",
        authorizer_ttl_s: 60,
        cors: default_cors("JWT"),
        log: (line) => log.push(JSON.parse(line)),
        ...settings,
      });
      open.push(gateway);
      return { ...gateway, log };
    },
    async close() {
      await Promise.all(open.map((gateway) => gateway.close()));
    },
  };
}

/** Sends bytes as they are and gives everything that comes back until the other side closes, or `until` is there. */
export function raw(port: number, bytes: string, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    let answer = "";
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      answer += text;
      if (until !== undefined && answer.includes(until)) done();
    });
    socket.on("end", done);
    socket.on("error", reject);
  });
}
