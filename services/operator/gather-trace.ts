/** Puts together what each node has of a request's trace: a tree of its spans, in the order in which they began. */
import { fail } from "../../config/errors.ts";
import { FIND_TRACE, type FindTraceParams, type NodeTrace } from "../../config/middlewares/traces.ts";
import { traceIdOf } from "../../config/requests/request-id.ts";
import type { Span } from "../../config/tracing/span.ts";
import { isUnknownAction, type Call, type NodeEntry } from "./list-nodes.ts";
import type { TraceSpan, Trace } from "./operator.contract.ts";

export interface NodeSpans extends NodeTrace { node: string }

const ANSWER_MS = 1_500;
/** A node that answered for this many is one that lies. */
const MAX_SPANS = 5_000;

/** @throws trace_not_found when no node knows anything of it */
export async function gatherTrace(requestId: string, call: Call): Promise<Trace> {
  const nodes = (await call<NodeEntry[]>("$node.list")).filter(({ available }) => available).map(({ id }) => id);
  const silent: string[] = [];
  const asked: FindTraceParams = { requestId };
  const found = await Promise.all(nodes.map(async (node): Promise<NodeSpans | undefined> => {
    try {
      return { ...await call<NodeTrace>(FIND_TRACE, asked, { nodeID: node, timeout: ANSWER_MS, retries: 0 }), node };
    } catch (error) {
      if (!isUnknownAction(error)) silent.push(node); // else it traces nothing
      return undefined;
    }
  }));
  const known = found.filter((trace) => trace !== undefined);
  if (known.every(({ spans, caused }) => spans.length === 0 && caused.length === 0)) throw fail("trace_not_found", known.length === 0 ? "No node of the mesh traces anything: LECTERN_TRACE_PERCENT is not set." : "No node has a trace of this request, or no longer.");
  return { ...arrangeTrace(requestId, known), silent };
}

export function arrangeTrace(requestId: string, found: readonly NodeSpans[]): Omit<Trace, "silent"> {
  const all = found.flatMap(({ node, spans }) => spans.map((span) => ({ ...span, node }))).toSorted((a, b) => a.startMs - b.startMs).slice(0, MAX_SPANS);
  const startMs = all[0]?.startMs ?? 0;
  const [cause] = all.flatMap(({ link }) => (link === undefined ? [] : [link.requestId]));
  return {
    requestId, traceId: traceIdOf(requestId), why: found.map(({ why }) => why).find((why) => why !== null) ?? null, at: new Date(startMs).toISOString(),
    durationMs: round(Math.max(0, ...all.map((span) => span.startMs + span.durationMs)) - startMs), lost: found.reduce((sum, { lost }) => sum + lost, 0),
    ...(cause === undefined ? {} : { cause }), caused: [...new Set(found.flatMap(({ caused }) => caused))],
    spans: inTreeOrder(all).map(([span, depth]) => describe(span, depth, startMs)),
  };
}

type NodeSpan = Span & { node: string };

function inTreeOrder(spans: readonly NodeSpan[]): [NodeSpan, number][] {
  const ids = new Set(spans.map(({ id }) => id));
  const children = Map.groupBy(spans, ({ id, parentId }) => (parentId !== undefined && parentId !== id && ids.has(parentId) ? parentId : ""));
  const told = new Set<NodeSpan>();
  const ordered: [NodeSpan, number][] = [];
  // Not by recursion: how deep it goes is for others to say.
  const waiting: [NodeSpan, number][] = (children.get("") ?? []).map((span): [NodeSpan, number] => [span, 0]).toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [span, depth] = next;
    if (told.has(span)) continue;
    told.add(span);
    ordered.push(next);
    waiting.push(...(children.get(span.id) ?? []).map((child): [NodeSpan, number] => [child, depth + 1]).toReversed());
  }
  return [...ordered, ...spans.filter((span) => !told.has(span)).map((span): [NodeSpan, number] => [span, 0])]; // those that name each other as parents
}

function describe({ id, parentId, name, kind, node, startMs, durationMs, tags, error }: NodeSpan, depth: number, from: number): TraceSpan {
  return { id, ...(parentId === undefined ? {} : { parentId }), name, kind, node, depth, sinceStartMs: round(startMs - from), durationMs: round(durationMs), tags, ...(error === undefined ? {} : { error }) };
}

/** Microseconds are what is known. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
