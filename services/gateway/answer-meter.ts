/** Counts what the gateway answers: by area and status, with the bytes that went out. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { MetricWriter } from "../../config/metrics/register-metrics.ts";
import type { Route } from "./exchange.ts";

/** Call it before anything is answered. Bytes are those on the connection, headers included; what is left when it breaks off counts. */
export function countAnswer(metrics: MetricWriter<"gateway">, { area, operation }: Route, { socket }: Pick<IncomingMessage, "socket">, res: ServerResponse): void {
  const before = socket.bytesWritten;
  res.once("close", () => {
    const status = res.headersSent ? `${Math.floor(res.statusCode / 100)}xx` : "none";
    metrics.count("lectern_answers_total", { area, status });
    if (status === "5xx") metrics.count("lectern_failed_requests_total", { operation });
    metrics.add("lectern_sent_bytes_total", Math.max(0, socket.bytesWritten - before), { area });
  });
}
