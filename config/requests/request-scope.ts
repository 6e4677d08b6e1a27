/** For which request the code that runs now works: known wherever it is asked, without being handed on. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Cause } from "../tracing/span.ts";
import type { TraceScope } from "../tracing/trace-scope.ts";

export interface RequestScope {
  readonly requestId: string;
  /** Of work in the background: the request that it goes back to. */
  readonly cause?: string | undefined;
  readonly videoId?: string | undefined;
  /** Undefined: it is not traced. */
  readonly trace?: TraceScope | undefined;
}

const scopes = new AsyncLocalStorage<RequestScope>();
const VIDEO_ID = /^[0-9a-z]{26}$/;

/** Undefined: nobody's request; the node works on its own behalf. */
export function currentScope(): RequestScope | undefined {
  return scopes.getStore();
}

/** The request that new work in the background goes back to. */
export function causeOf(): Cause | undefined {
  const scope = currentScope();
  if (scope === undefined) return undefined;
  return scope.cause === undefined ? { requestId: scope.requestId, spanId: scope.trace?.spanId ?? "" } : { requestId: scope.cause, spanId: "" };
}

export function inScope<Result>(scope: RequestScope, work: () => Result): Result {
  return scopes.run(scope, work);
}

/** For what outlives the request in which it happens to begin. */
export function outOfScope<Result>(work: () => Result): Result {
  return scopes.exit(work);
}

/** The video that parameters of an action or event are about. */
export function videoIdOf(params: unknown): string | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  const { videoId, id } = params as { videoId?: unknown; id?: unknown };
  const found = videoId ?? id;
  return typeof found === "string" && VIDEO_ID.test(found) ? found : undefined;
}
