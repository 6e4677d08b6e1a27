/**
 * A node's own spans of late: of every request for a moment, since only its end tells whether it is worth keeping, and of those that are
 * kept for as long as there is room. All of it is bounded by spans, each of some hundred bytes.
 */
import type { KeptWhy, Span } from "./span.ts";

export interface FoundTrace { why: KeptWhy | undefined; /** Spans that found no room. */ lost: number; spans: readonly Span[] }
interface Trace { why: KeptWhy | undefined; lost: number; spans: Span[] }

export interface TraceBookOptions {
  /** Told of each span of a trace that is kept, also of those that came before it was. */
  onKept?: (requestId: string, span: Span) => void;
  maxRecent?: number;
  maxKept?: number;
  maxOfTrace?: number;
}

const [MAX_RECENT, MAX_KEPT, MAX_OF_TRACE] = [10_000, 20_000, 500];
/** Traces without a span yet cost little, and yet something. */
const TRACE_COST = 1;

export function openTraceBook({ onKept = () => undefined, maxRecent = MAX_RECENT, maxKept = MAX_KEPT, maxOfTrace = MAX_OF_TRACE }: TraceBookOptions = {}) {
  const recent = openShelf(maxRecent);
  const kept = openShelf(maxKept);

  return {
    add(requestId: string, span: Span): void {
      const shelf = kept.has(requestId) ? kept : recent;
      const trace = shelf.get(requestId) ?? shelf.put(requestId, { why: undefined, lost: 0, spans: [] });
      if (trace.spans.length >= maxOfTrace) {
        trace.lost++;
        return;
      }
      trace.spans.push(span);
      shelf.grew(1);
      if (trace.why !== undefined) onKept(requestId, span);
    },
    keep(requestId: string, why: KeptWhy): void {
      const known = kept.get(requestId);
      if (known !== undefined) {
        if (why === "failed" || why === "slow") known.why = why; // says more than chance does
        return;
      }
      const trace = recent.take(requestId) ?? { why: undefined, lost: 0, spans: [] };
      trace.why = why;
      kept.put(requestId, trace);
      for (const span of trace.spans) onKept(requestId, span);
    },
    find(requestId: string): FoundTrace | undefined {
      return kept.get(requestId) ?? recent.get(requestId);
    },
    /** Requests in the background that go back to this one. */
    causedBy(requestId: string, limit: number): string[] {
      return [...kept.entries(), ...recent.entries()].filter(([, { spans }]) => spans.some(({ link }) => link?.requestId === requestId)).slice(-limit).map(([id]) => id);
    },
    size: (): number => recent.size() + kept.size(),
  };
}

export type TraceBook = ReturnType<typeof openTraceBook>;

/** Traces in the order they came; those that came first make room. Not by a Map's own order: to find its first entry takes ever longer where entries go. */
function openShelf(maxSize: number) {
  const traces = new Map<string, Trace>();
  let order: ({ requestId: string; trace: Trace } | undefined)[] = [];
  let first = 0;
  let size = 0;
  const take = (requestId: string): Trace | undefined => {
    const trace = traces.get(requestId);
    if (trace === undefined) return undefined;
    traces.delete(requestId);
    size -= trace.spans.length + TRACE_COST;
    return trace;
  };
  const grew = (by: number): void => {
    size += by;
    while (size > maxSize && traces.size > 1) {
      const oldest = order[first];
      order[first++] = undefined;
      if (oldest !== undefined && traces.get(oldest.requestId) === oldest.trace) take(oldest.requestId); // else it was taken before
    }
  };
  /** Each trace costs one at least, so as many as there is room for are live. */
  const tidy = (): void => {
    if (order.length <= 2 * maxSize) return;
    order = order.filter((entry) => entry !== undefined && traces.get(entry.requestId) === entry.trace);
    first = 0;
  };
  return {
    has: (requestId: string): boolean => traces.has(requestId),
    get: (requestId: string): Trace | undefined => traces.get(requestId),
    put(requestId: string, trace: Trace): Trace {
      traces.set(requestId, trace);
      order.push({ requestId, trace });
      grew(trace.spans.length + TRACE_COST);
      tidy();
      return trace;
    },
    take, grew,
    entries: (): [string, Trace][] => [...traces.entries()],
    size: (): number => size,
  };
}
