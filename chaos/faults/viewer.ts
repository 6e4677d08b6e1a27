/** Somebody who watches: asks for one segment after another, and for one again that did not come. */
import { setTimeout as delay } from "node:timers/promises";

/** A player gives up by then. */
const PATIENCE_MS = 60_000;

export interface Viewing {
  requests: number;
  /** Without all of the bytes of a 200. */
  failed: number;
  /** Longest that a request took, in ms. */
  longestMs: number;
  /** How many failed, by the code of the problem that was answered, else by what happened in words. */
  failures: Map<string, number>;
}

/** `stop` waits for what was asked last. */
export interface Viewer { stop(): Promise<Viewing> }

/** @param urls of the segments, watched round and round; @param everyMs between two requests, if the first is over by then */
export function openViewer(urls: readonly string[], everyMs: number): Viewer {
  const viewing: Viewing = { requests: 0, failed: 0, longestMs: 0, failures: new Map() };
  const leaving = new AbortController();
  const watching = watch();
  return {
    async stop() {
      leaving.abort();
      await watching;
      return viewing;
    },
  };

  async function watch(): Promise<void> {
    for (let at = 0; !leaving.signal.aborted;) {
      const startedAt = performance.now();
      const failure = await get(urls[at % urls.length] ?? "");
      const tookMs = performance.now() - startedAt;
      viewing.requests++;
      viewing.longestMs = Math.max(viewing.longestMs, tookMs);
      if (failure === undefined) at++;
      else {
        viewing.failed++;
        viewing.failures.set(failure, (viewing.failures.get(failure) ?? 0) + 1);
      }
      await delay(Math.max(0, everyMs - tookMs), undefined, { signal: leaving.signal }).catch(() => undefined); // it leaves
    }
  }
}

/** @returns why it failed: the code of a problem, else in words */
async function get(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 200) {
      await answer.arrayBuffer();
      return undefined;
    }
    const problem = (await answer.json().catch(() => ({}))) as { code?: string };
    return problem.code ?? `bare ${answer.status}`;
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "no answer" : "cut off";
  }
}
