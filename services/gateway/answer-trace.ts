/** A request's own span, at the gateway that it came to: from its first byte to the end of its answer. It tells whether its trace is kept. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import { parseTraceparent } from "../../config/requests/request-id.ts";
import { nowMs, type KeptWhy } from "../../config/tracing/span.ts";
import type { Tracer } from "../../config/tracing/trace-scope.ts";
import { tracerOf } from "../../config/tracing/tracer.ts";
import { requestIdOf } from "./request-ids.ts";
import type { Route } from "./exchange.ts";

/** Longer than a learner is to wait for an answer to begin. */
const SLOW_MS = 2_000;
/** What is no trouble of a request: probes ask a node that is not ready, again and again. */
const EXPECTED = ["getReadiness", "getLiveness"];

const chosen = new WeakMap<IncomingMessage, { why: KeptWhy | undefined }>();

/** Whether its trace is kept from its beginning, chosen once a request. */
function chooseTrace(tracer: Tracer, req: IncomingMessage): KeptWhy | undefined {
  const choice = chosen.get(req) ?? { why: tracer.choose(parseTraceparent(req.headers["traceparent"])?.sampled === true) };
  chosen.set(req, choice);
  return choice.why;
}

/** What is not may be answered without a trace where it can neither fail nor be slow. */
export function isTraced(broker: ServiceBroker, req: IncomingMessage): boolean {
  const tracer = tracerOf(broker);
  return tracer !== undefined && chooseTrace(tracer, req) !== undefined;
}

/** Begins a trace with the request, where they are made. */
export function beginTrace(broker: ServiceBroker, options: CallingOptions, req: IncomingMessage): void {
  const tracer = tracerOf(broker);
  if (tracer === undefined) return;
  const requestId = requestIdOf(req);
  const why = chooseTrace(tracer, req);
  if (why !== undefined) tracer.book.keep(requestId, why);
  options.parentSpan = { id: parseTraceparent(req.headers["traceparent"])?.parentId ?? "", traceID: requestId, sampled: why !== undefined };
}

export function traceAnswer(broker: ServiceBroker, ctx: Context | undefined, { method, path, operation }: Route, req: IncomingMessage, res: ServerResponse): void {
  const tracer = tracerOf(broker);
  if (tracer === undefined || ctx === undefined || typeof ctx.tracing !== "boolean") return;
  const startMs = nowMs();
  let [cameMs, answeredMs] = [startMs, 0];
  if (!req.complete) req.once("end", () => { cameMs = nowMs(); }); // an upload takes as long as its client does
  const { writeHead } = res;
  res.writeHead = ((...rest: Parameters<typeof writeHead>) => {
    answeredMs = nowMs();
    return Reflect.apply(writeHead, res, rest) as ServerResponse;
  }) as typeof writeHead;
  res.once("close", () => {
    const endMs = nowMs();
    const waitedMs = (answeredMs === 0 ? endMs : answeredMs) - cameMs;
    const status = answeredMs === 0 ? 499 : res.statusCode; // as nginx says of a client that has gone
    const requestId = ctx.requestID ?? "";
    tracer.book.add(requestId, {
      id: ctx.id, parentId: ctx.parentID === null || ctx.parentID === "" ? undefined : ctx.parentID, name: `${method} ${path}`, kind: "server", startMs, durationMs: endMs - startMs,
      tags: { "http.request.method": req.method, "http.response.status_code": status, "http.route": path, "lectern.operation": operation, "lectern.first_byte_ms": Math.round(waitedMs) },
      error: status >= 500 ? String(status) : undefined,
    });
    if (EXPECTED.includes(operation)) return;
    if (status >= 500) tracer.keepLate(requestId, "failed");
    else if (waitedMs > SLOW_MS) tracer.keepLate(requestId, "slow");
  });
}
