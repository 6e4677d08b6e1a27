/**
 * One circuit breaker a store. While the store is away its callers are told so at once, instead of each waiting for its
 * own time limit with its bytes in hand; a probe of our own, and never a caller, finds out that it is back.
 */
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from "cockatiel";
import { errorMessage, fail, findErrorCode } from "../../config/errors.ts";
import type { ObjectStore } from "./object-store.ts";

export interface BreakerSettings {
  /** So many calls in a row without an answer open the circuit. */
  failures: number;
  /** Until the first probe, in ms; each further pause is twice as long, up to `maxPauseMs`, less a random part of up to half. */
  firstPauseMs: number;
  maxPauseMs: number;
  /** After this a call that neither answers nor fails has failed, in ms; to that comes the time that its bytes take. */
  patienceMs: number;
}

export interface BreakerEvents {
  onFailure(message: string): void;
  onOpen(message: string): void;
  /** @param awayMs how long the circuit was open */
  onClose(awayMs: number): void;
}

/** Above what an S3 store takes for a call with all its retries. */
const SETTINGS: BreakerSettings = { failures: 5, firstPauseMs: 500, maxPauseMs: 4_000, patienceMs: 12_000 };
const SLOWEST_BYTES_PER_MS = 512;
/** Times the patience, for a read of which nobody knows how much it is. */
const UNKNOWN_LENGTH = 4;
const RETRY_AFTER_SEC = 5;

export interface BrokenStore extends ObjectStore {
  /** Why calls are refused; undefined while they are not. */
  away(): string | undefined;
}

/** `store` behind a breaker. Closing it closes `store`. */
export function breakStore(store: ObjectStore, events: BreakerEvents, settings: Partial<BreakerSettings> = {}): BrokenStore {
  const { failures, firstPauseMs, maxPauseMs, patienceMs } = { ...SETTINGS, ...settings };
  // halfOpenAfter 0: when to try is decided below, by the pause between probes
  const breaker = circuitBreaker(handleWhen(isAway), { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: 0 });
  let open: { since: number; message: string } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const probeLater = (attempt: number): void => {
    if (closed) return;
    const pause = Math.min(maxPauseMs, firstPauseMs * 2 ** attempt) * (1 - Math.random() / 2);
    timer = setTimeout(() => {
      breaker.execute(() => inTime(store.probe(), patienceMs)).then(undefined, (error: unknown) => {
        // A full store answers: reading goes on, and who writes is told that it is full.
        if (open !== undefined) open.message = errorMessage(error);
      }).finally(() => { if (open !== undefined) probeLater(attempt + 1); });
    }, pause);
  };
  breaker.onFailure(({ reason, handled }) => {
    if (handled && "error" in reason) events.onFailure(errorMessage(reason.error));
  });
  breaker.onBreak((reason) => {
    if (open !== undefined) return; // a probe failed
    const message = "error" in reason ? errorMessage(reason.error) : "The object store does not answer.";
    open = { since: performance.now(), message };
    events.onOpen(message);
    probeLater(0);
  });
  breaker.onReset(() => {
    if (open === undefined) return;
    events.onClose(performance.now() - open.since);
    open = undefined;
  });

  async function guard<T>(work: () => Promise<T>, limitMs = patienceMs): Promise<T> {
    if (breaker.state !== CircuitState.Closed) throw fail("storage_unavailable", open?.message ?? "The object store does not answer.", { retryAfterSec: RETRY_AFTER_SEC });
    return await breaker.execute(() => inTime(work(), limitMs));
  }
  const withBytes = (bytes: number): number => patienceMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);

  return {
    put: (key, bytes, options) => guard(() => store.put(key, bytes, options), withBytes(bytes.byteLength)),
    copy: (from, to) => guard(() => store.copy(from, to), Infinity),
    get: (key) => guard(() => store.get(key), patienceMs * UNKNOWN_LENGTH),
    getRange: (key, start, end) => guard(() => store.getRange(key, start, end), withBytes(end - start)),
    head: (key) => guard(() => store.head(key)),
    list: (params) => guard(() => store.list(params)),
    async upload(key, source, options) {
      if (breaker.state !== CircuitState.Closed) source.destroy();
      return await guard(() => store.upload(key, source, options), Infinity);
    },
    remove: (key) => guard(() => store.remove(key)),
    removePrefix: (folder) => guard(() => store.removePrefix(folder), Infinity),
    erase: (what) => guard(() => store.erase(what), Infinity),
    prune: (folder, options) => guard(() => store.prune(folder, options), Infinity),
    probe: () => guard(() => store.probe()),
    sweep: () => guard(() => store.sweep(), Infinity),
    away: () => open?.message,
    async close() {
      closed = true;
      clearTimeout(timer);
      await store.close();
    },
  };
}

/** A store that refuses a key or is full does answer. */
function isAway(error: unknown): boolean {
  const code = findErrorCode(error);
  return code === undefined || code === "storage_unavailable";
}

/** @param limitMs Infinity: the work has its own limits */
async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  if (limitMs === Infinity) return await work;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(fail("storage_unavailable", "The object store does not answer in time.")), limitMs);
  work.catch(() => undefined); // also when it loses the race
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
