/** An HTTP proxy before a gateway that counts what comes, and can go away. */
import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

export interface Seen { method: string; path: string; headers: IncomingHttpHeaders }
export interface WatchedGateway {
  hostPort: string;
  /** What came since the beginning, or since this was emptied. */
  seen: Seen[];
  /** Cuts off all who are there, and answers nobody. */
  away: boolean;
  /** Says of what may be kept for a minute that it may be kept for a second. */
  hurried: boolean;
  stop(): Promise<void>;
}

export async function watchGateway(target: string): Promise<WatchedGateway> {
  const { hostname, port } = new URL(target);
  const server = createServer((req, res) => {
    gateway.seen.push({ method: req.method ?? "", path: req.url ?? "", headers: req.headers });
    pass(req, res).catch(() => res.destroy());
  });
  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (gateway.away) {
      res.destroy();
      return;
    }
    const asked = request({ hostname, port, method: req.method, path: req.url, headers: req.headers });
    const sent = pipeline(req, asked);
    const [answer] = await once(asked, "response") as [IncomingMessage];
    const cache = answer.headers["cache-control"];
    res.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...(gateway.hurried && cache === "public, max-age=60" ? { "cache-control": "public, max-age=1" } : {}) });
    res.flushHeaders();
    await Promise.all([pipeline(answer, res), sent]);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const gateway: WatchedGateway = {
    hostPort: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [], away: false, hurried: false,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return gateway;
}
