/** A node's own small HTTP server: `/metrics` for Prometheus, `/health/live` for a probe. */
import { createServer, type Server } from "node:http";

export function metricsServer(metricsText: () => string): Server {
  return createServer((req, res) => {
    const answer = (status: number, type: string, body: string, headers: Record<string, string> = {}): void => {
      res.writeHead(status, { "Content-Type": type, "Content-Length": String(Buffer.byteLength(body)), "Cache-Control": "no-store", ...headers });
      res.end(body);
    };
    const path = (req.url ?? "").split("?")[0];
    if (path !== "/metrics" && path !== "/health/live") return answer(404, "text/plain", "Not found\n");
    if (req.method !== "GET" && req.method !== "HEAD") return answer(405, "text/plain", "Method not allowed\n", { Allow: "GET, HEAD" });
    if (path === "/metrics") return answer(200, "text/plain; version=0.0.4; charset=utf-8", metricsText());
    return answer(200, "application/json", '{"status":"live"}');
  });
}
