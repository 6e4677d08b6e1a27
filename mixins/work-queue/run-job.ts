/** A job is a request of its own, since a video has thousands, and names the one that it goes back to. */
import { newSpanId, newTraceId } from "../../config/requests/request-id.ts";
import { currentScope, videoIdOf } from "../../config/requests/request-scope.ts";
import { nowMs } from "../../config/tracing/span.ts";
import type { Tracer } from "../../config/tracing/trace-scope.ts";
import { codeOf, spanned } from "../../config/tracing/tracer.ts";
import type { Lease } from "./work-queue.contract.ts";

export async function runJob({ id: job, data, cause, attempts, addedAt }: Lease<unknown>, tracer: Tracer | undefined, work: () => Promise<void>): Promise<void> {
  const [requestId, spanId] = [newTraceId(), newSpanId()];
  const why = tracer?.choose(false);
  if (why !== undefined) tracer?.book.keep(requestId, why);
  const trace = tracer === undefined ? undefined : { tracer, spanId, kept: why !== undefined };
  const startMs = nowMs();
  const waitedMs = Math.max(0, startMs - addedAt); // by Redis' clock
  tracer?.book.add(requestId, { id: newSpanId(), parentId: spanId, name: "queue.wait", kind: "internal", startMs: startMs - waitedMs, durationMs: waitedMs, tags: {} });
  const tags = { "lectern.video_id": videoIdOf(data), "lectern.job": job, "lectern.attempt": attempts + 1 };
  await spanned({ requestId, cause: cause?.requestId, videoId: videoIdOf(data), trace }, { name: "queue.job", kind: "server", id: spanId, tags, link: cause }, work);
}

/** Keeps the trace of a job that failed by its own fault. */
export function failJob(tracer: Tracer | undefined, how: string, error: unknown): void {
  const scope = currentScope();
  if (tracer === undefined || scope?.trace === undefined || how !== "fault") return;
  tracer.book.add(scope.requestId, { id: newSpanId(), parentId: scope.trace.spanId, name: "queue.failed", kind: "internal", startMs: nowMs(), durationMs: 0, tags: {}, error: codeOf(error) });
  tracer.keepLate(scope.requestId, "failed");
}
