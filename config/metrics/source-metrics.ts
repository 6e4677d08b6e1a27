/** What is fetched from origins. */
import { counter, histogram, oneOf, upTo } from "./metric-definition.ts";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const IDENTITY = upTo(16, "ways out of the source policy");

export const sourceMetrics = {
  source: {
    lectern_source_bytes_total: counter("Bytes of sources that readers wanted, by where they were", { from: oneOf("origin", "region", "memory", "disk") }),
    lectern_source_requests_total: counter("Requests to origins, by what came of them", { outcome: oneOf("part", "whole", "outside", "unchanged", "redirect", "refused", "throttled", "failed", "broken", "no_answer") }),
    lectern_source_answer_seconds: histogram("From a request to an origin to its answer's headers, by way out", SECONDS, { identity: IDENTITY }),
    lectern_source_received_bytes_total: counter("Bytes received from origins, by the policy's entry and the way out", { host: upTo(64, "host entries of the source policy"), identity: IDENTITY }),
    lectern_source_wait_seconds: histogram("Time that requests to origins waited for their host's budget", SECONDS, { why: oneOf("busy", "rate", "hold") }),
    lectern_source_retries_total: counter("Requests to origins that were tried again"),
    lectern_source_refusals_total: counter("Sources that could not be had, by error code", { code: upTo(32, "error codes") }),
  },
} as const;
