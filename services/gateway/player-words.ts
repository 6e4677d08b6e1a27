/** What players say with their requests by CMCD (see media/cmcd), counted. Nothing of it is kept, and nothing is answered by it. */
import type { IncomingMessage } from "node:http";
import type { MetricWriter } from "../../config/metrics/register-metrics.ts";
import { CMCD_HEADERS, parseCmcd } from "../../media/cmcd.ts";

const QUERY = /[?&]CMCD=([^&#]{1,6144})(?:&|#|$)/;

export function countPlayerWords(metrics: MetricWriter<"gateway">, { url = "", headers }: Pick<IncomingMessage, "url" | "headers">): void {
  const said = parseCmcd(saidBy(url, headers));
  if (said === undefined) return;
  const { format, bufferMs, throughputKbps, bitrateKbps, topBitrateKbps } = said;
  metrics.count("lectern_cmcd_requests_total", { format });
  if (said.starved) metrics.count("lectern_cmcd_starved_total", { format });
  if (said.urgent) metrics.count("lectern_cmcd_urgent_total", { format });
  if (bufferMs !== undefined) metrics.observe("lectern_cmcd_buffer_seconds", bufferMs / 1_000, { format });
  if (throughputKbps !== undefined) metrics.observe("lectern_cmcd_throughput_bytes_per_second", throughputKbps * 125, { format });
  if (bitrateKbps !== undefined && topBitrateKbps !== undefined) metrics.observe("lectern_cmcd_bitrate_ratio", Math.min(1, bitrateKbps / topBitrateKbps), { format });
}

/** A player sends it one way or the other; the query goes first, as CTA-5004 has it. */
function saidBy(url: string, headers: IncomingMessage["headers"]): string[] {
  const query = url.includes("CMCD=") ? QUERY.exec(url)?.[1] : undefined;
  if (query !== undefined) return decode(query);
  return CMCD_HEADERS.flatMap((name) => {
    const value = headers[name];
    return typeof value === "string" ? [value] : [];
  });
}

function decode(query: string): string[] {
  try {
    return [decodeURIComponent(query)];
  } catch {
    return []; // not percent-encoded as it should be
  }
}
