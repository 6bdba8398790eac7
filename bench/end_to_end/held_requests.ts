/** Holds every request for a while before it is served, as a network on the way would, and says which it was. */
import { IncomingMessage, type Server } from "node:http";

/** What Node's HTTP server emits for a request; the second where the client waits to be told to send its body. */
const request_events: readonly unknown[] = ["request", "checkContinue"];

/**
 * A proxy in front of the server would copy every byte twice more, on the processors that are measured. So this takes
 * the server's own events, and hands them on later; the body waits in the socket meanwhile.
 *
 * @param server one, or the prototype of all
 * @param on_request is called at once, with the method and the path and query
 */
export function hold_requests(
  server: Pick<Server, "emit">,
  milliseconds: number,
  on_request: (method: string, url: string) => void,
): void {
  const emit = server.emit;
  server.emit = function (this: Server, ...event: readonly [unknown, ...unknown[]]): boolean {
    const [name, incoming] = event;
    if (!request_events.includes(name) || !(incoming instanceof IncomingMessage)) {
      return Reflect.apply(emit, this, event);
    }
    on_request(incoming.method ?? "", incoming.url ?? "");
    setTimeout(() => Reflect.apply(emit, this, event), milliseconds);
    return true;
  };
}
