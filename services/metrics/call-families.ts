/** The counts of calls as Prometheus' families, by the names and labels that moleculer-prometheus gives them. */
import type { CallBound, CallCount } from "../../config/metrics/call-counts.ts";
import type { MetricFamily } from "./prometheus-text.ts";

const BUCKETS_MS: readonly CallBound[] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

export function callFamilies(calls: readonly CallCount[], nodeID: string): MetricFamily[] {
  const labelsOf = ({ action, service }: CallCount) => ({ action, service, nodeID });
  return [
    { type: "counter", name: "moleculer_req_total", description: "Moleculer action request count", values: calls.map((call) => ({ labels: labelsOf(call), value: call.count })) },
    {
      type: "counter", name: "moleculer_req_errors_total", description: "Moleculer request error count",
      values: calls.flatMap((call) => call.faults().map(({ code, name, type, times }) => ({ labels: { ...labelsOf(call), errorCode: code, errorName: name, errorType: type }, value: times }))),
    },
    {
      type: "histogram", name: "moleculer_req_duration_ms", description: "Moleculer request durations",
      values: calls.map((call) => ({ labels: labelsOf(call), buckets: Object.fromEntries(BUCKETS_MS.map((bound) => [bound, call.within(bound)])), sum: call.sumMs, count: call.count })),
    },
  ];
}
