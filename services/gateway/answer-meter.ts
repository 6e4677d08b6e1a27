/** Counts what the gateway answers, by area and status. */
import type { ServerResponse } from "node:http";
import type { MetricWriter } from "../../config/metrics/register-metrics.ts";
import type { Route } from "./exchange.ts";

/** Call it before anything is answered. */
export function countAnswer(metrics: MetricWriter<"gateway">, { area, operation }: Route, res: ServerResponse): void {
  res.once("close", () => {
    const status = res.headersSent ? `${Math.floor(res.statusCode / 100)}xx` : "none";
    metrics.count("lectern_answers_total", { area, status });
    if (status === "5xx") metrics.count("lectern_failed_requests_total", { operation });
  });
}
