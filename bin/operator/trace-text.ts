/** A trace as a tree for a terminal: when each step began, how long it took, and where. */
import type { Trace, TraceSpan } from "../../services/operator/operator.contract.ts";
import { formatColumns, formatMs, plain } from "./columns.ts";

const [BAR, MAX_DEPTH] = [24, 20];
const WHY: Readonly<Record<NonNullable<Trace["why"]>, string>> = { sampled: "kept by chance", asked: "kept as was asked", failed: "it failed", slow: "it was slow" };
const VIDEO = "lectern.video_id";
/** What is the same in nearly all names. */
const PREFIX = /^(lectern|http\.request|http\.response)\./;

export function traceText({ requestId, why, at, durationMs, spans, lost, cause, caused, silent }: Trace): string {
  return [
    `${requestId}  ${formatMs(durationMs)}  from ${at}${why === null ? "" : `  (${WHY[why]})`}`,
    ...videosOf(spans),
    ...(cause === undefined ? [] : [`It goes back to the request ${plain(cause)}.`]),
    formatColumns(["since start", "took", "", "step", "node", ""], spans.map((span) => [
      shortMs(span.sinceStartMs), shortMs(span.durationMs), barOf(span, durationMs), `${"  ".repeat(Math.min(span.depth, MAX_DEPTH))}${span.name}`, span.node, detailsOf(span),
    ])),
    ...(lost === 0 ? [] : [`${lost} more steps found no room.`]),
    ...(caused.length === 0 ? [] : [`Work in the background that goes back to it: ${caused.map(plain).join(" ")}`]),
    ...(silent.length === 0 ? [] : [`No answer from ${silent.map(plain).join(", ")}: what they did is missing.`]),
  ].join("\n");
}

/** Mostly one, which each line need not say. */
function videosOf(spans: readonly TraceSpan[]): string[] {
  const ids = new Set(spans.flatMap(({ tags }) => (tags[VIDEO] === undefined ? [] : [String(tags[VIDEO])])));
  return ids.size === 0 ? [] : [`Video ${[...ids].slice(0, 10).map(plain).join(", ")}`];
}

/** Where in the whole it was. */
function barOf({ sinceStartMs, durationMs }: TraceSpan, wholeMs: number): string {
  const at = (ms: number): number => (wholeMs === 0 ? 0 : Math.min(BAR, Math.floor((ms / wholeMs) * BAR)));
  const from = Math.min(BAR - 1, at(sinceStartMs));
  return `${"·".repeat(from)}${"█".repeat(Math.max(1, at(sinceStartMs + durationMs) - from))}`.padEnd(BAR, "·");
}

function shortMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : formatMs(ms);
}

function detailsOf({ tags, error }: TraceSpan): string {
  return [...(error === undefined ? [] : [`! ${error}`]), ...Object.entries(tags).filter(([name]) => name !== VIDEO).map(([name, value]) => `${name.replace(PREFIX, "")}=${String(value)}`)].join(" ");
}
