/**
 * Opens a node's tracer, tells its collector of what is kept, and has it answer whoever looks for a trace: each node knows its own
 * spans, so a trace is gathered from all.
 */
import type { Context, Middleware, ServiceBroker } from "moleculer";
import type { Config } from "../config.ts";
import { VERSION } from "../failures/version.ts";
import type { Scrub } from "../logging/scrub.ts";
import { registerMetrics } from "../metrics/register-metrics.ts";
import { outOfScope } from "../requests/request-scope.ts";
import { openOtlpExporter, type OtlpExporter } from "../tracing/otlp-exporter.ts";
import { cleanText } from "../tracing/otlp-spans.ts";
import { KEPT_WHYS, type KeptWhy, type Span, type Tags } from "../tracing/span.ts";
import { openTracer, setTracer } from "../tracing/tracer.ts";
import type { Tracer } from "../tracing/trace-scope.ts";

export const FIND_TRACE = "$traces.find";
const TRACE_KEPT = "trace.kept";
const MAX_CAUSED = 50;

export interface FindTraceParams { requestId: string }
export interface NodeTrace {
  why: KeptWhy | null;
  lost: number;
  spans: Span[];
  /** Requests in the background that go back to it. */
  caused: string[];
}

/** @returns the middleware, and the tracer for others; none where nothing is traced */
export function openTraces({ tracePercent, otlpUrl, nodeId, region }: Pick<Config, "tracePercent" | "otlpUrl" | "nodeId" | "region">, scrub: Scrub): { tracer: Tracer; traces: Middleware } | undefined {
  if (tracePercent === undefined) return undefined;
  const node: { broker?: ServiceBroker; exporter?: OtlpExporter } = {};
  const tracer = openTracer(tracePercent, (requestId, why) => outOfScope(() => void node.broker?.broadcast(TRACE_KEPT, { requestId, why }).catch(() => undefined)), {
    onKept: (requestId, span) => node.exporter?.add({ requestId, span }),
  });
  const traces: Middleware = {
    name: "Traces",
    created(broker) {
      node.broker = broker;
      setTracer(broker, tracer);
      const metrics = registerMetrics(broker, "traces");
      if (otlpUrl !== undefined) {
        node.exporter = openOtlpExporter({
          url: otlpUrl, resource: { node: nodeId, region, version: VERSION }, scrub, logger: broker.getLogger("traces"),
          onSent: (count) => metrics.add("lectern_trace_spans_total", count, { result: "sent" }),
          onDropped: (count, why) => metrics.add("lectern_trace_spans_total", count, { result: why }),
        });
      }
      broker.createService(traceService(tracer, scrub));
    },
    async stopped() {
      await node.exporter?.close();
    },
  };
  return { tracer, traces };
}

function traceService({ book }: Tracer, scrub: Scrub) {
  const clean = (tags: Tags): Tags => Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined).map(([name, value]) => [name, typeof value === "string" ? cleanText(value, scrub) : value]));
  return {
    name: "$traces", // Moleculer leaves such names out of its lists of services
    actions: {
      find: {
        params: { requestId: "string" },
        handler(ctx: Context<FindTraceParams>): NodeTrace {
          const { requestId } = ctx.params;
          const { why, lost, spans } = book.find(requestId) ?? { why: undefined, lost: 0, spans: [] };
          return { why: why ?? null, lost, spans: spans.map((span) => ({ ...span, name: cleanText(span.name, scrub), tags: clean(span.tags) })), caused: book.causedBy(requestId, MAX_CAUSED) };
        },
      },
    },
    events: {
      [TRACE_KEPT](ctx: Context<{ requestId?: unknown; why?: unknown }>) {
        const { requestId, why } = ctx.params;
        const known = KEPT_WHYS.find((one) => one === why);
        if (typeof requestId === "string" && known !== undefined && book.find(requestId) !== undefined) book.keep(requestId, known);
      },
    },
  };
}
