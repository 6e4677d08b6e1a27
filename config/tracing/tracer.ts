/** A node's tracer: which traces begin here and are kept, and where its spans go. There is none where nothing is traced. */
import type { ServiceBroker } from "moleculer";
import { newSpanId } from "../requests/request-id.ts";
import { currentScope, inScope, type RequestScope } from "../requests/request-scope.ts";
import { nowMs, type Cause, type KeptWhy, type Span, type SpanKind, type Tags } from "./span.ts";
import { openTokenBucket } from "./token-bucket.ts";
import { openTraceBook, type TraceBookOptions } from "./trace-book.ts";
import type { Tracer } from "./trace-scope.ts";

export interface SpanAbout { name: string; kind?: SpanKind; id?: string; parentId?: string | undefined; tags?: Tags; link?: Cause | undefined }

/** A second, and at once after a quiet while: of those kept by chance, because whoever asked wants it, and for how they went. */
const RATES = { sampled: [20, 40], asked: [1, 10], late: [5, 50] } as const;

/** @param percent of requests that are kept by chance @param tellKept has other nodes keep a trace, too */
export function openTracer(percent: number, tellKept: (requestId: string, why: KeptWhy) => void, options: TraceBookOptions = {}, random = Math.random): Tracer {
  const book = openTraceBook(options);
  const [sampled, asked, late] = [openTokenBucket(...RATES.sampled), openTokenBucket(...RATES.asked), openTokenBucket(...RATES.late)];
  return {
    book,
    choose(isAsked) {
      if (isAsked && asked.take()) return "asked";
      return random() * 100 < percent && sampled.take() ? "sampled" : undefined;
    },
    keepLate(requestId, why) {
      if (!late.take()) return;
      book.keep(requestId, why);
      tellKept(requestId, why);
    },
  };
}

const tracers = new WeakMap<ServiceBroker, Tracer>();

/** Undefined: this node traces nothing. */
export function tracerOf(broker: ServiceBroker): Tracer | undefined {
  return tracers.get(broker);
}

export function setTracer(broker: ServiceBroker, tracer: Tracer): void {
  tracers.set(broker, tracer);
}

/** Does `work` as a step of the request that is worked on, if that is traced; else just does it. */
export async function traced<Result>(name: string, tags: Tags, work: () => Result | Promise<Result>): Promise<Result> {
  const scope = currentScope();
  if (scope?.trace === undefined) return await work();
  return await spanned(scope, { name, tags, parentId: scope.trace.spanId }, work);
}

/** Does `work` within `scope`, and notes how long it took and how it ended. */
export async function spanned<Result>(scope: RequestScope, { name, kind = "internal", id = newSpanId(), parentId, tags = {}, link }: SpanAbout, work: () => Result | Promise<Result>): Promise<Result> {
  const { trace } = scope;
  if (trace === undefined) return await inScope(scope, work);
  const startMs = nowMs();
  const end = (error?: string): void => {
    const span: Span = { id, parentId, name, kind, startMs, durationMs: nowMs() - startMs, tags, error, link };
    trace.tracer.book.add(scope.requestId, span);
  };
  try {
    const result = await inScope({ ...scope, trace: { ...trace, spanId: id } }, work);
    end();
    return result;
  } catch (error) {
    end(codeOf(error));
    throw error;
  }
}

/** An error's code or name, never its words. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "error";
  const { type, name } = error as { type?: unknown; name?: unknown };
  return typeof type === "string" && type !== "" ? type : typeof name === "string" ? name : "error";
}
