/**
 * Searches for segments under way on this node: one a segment, for all who ask. A search goes on until the last byte is
 * there; it is given up when everyone who waited for it has left.
 */
import { newId } from "../../config/new-id.ts";
import type { SegmentAnswer } from "../../mixins/segment-answer.ts";

/** What a search knows of itself. */
export interface Seeker {
  /** Names it towards those whom it asks in turn. */
  readonly id: string;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

interface Search {
  readonly id: string;
  readonly answer: Promise<SegmentAnswer>;
  readonly given: AbortController;
  readonly waiters: Set<string>;
  /** Somebody waits who cannot say that they left. */
  pinned: boolean;
}

/** `joined`: somebody had begun it before. */
export interface Joined { answer: Promise<SegmentAnswer>; joined: boolean }

export function openSearches() {
  const searches = new Map<string, Search>();
  const waiting = new Map<string, { key: string; search: Search }>();

  function end(key: string, search: Search): void {
    if (searches.get(key) === search) searches.delete(key);
    for (const waiter of search.waiters) if (waiting.get(waiter)?.search === search) waiting.delete(waiter);
  }

  function begin(key: string, find: (seeker: Seeker) => Promise<SegmentAnswer>, settled: (answer: SegmentAnswer) => Promise<void>): Search {
    const [id, given] = [newId(), new AbortController()];
    const search: Search = { id, given, answer: find({ id, signal: given.signal }), waiters: new Set(), pinned: false };
    searches.set(key, search);
    search.answer.then(settled).catch(() => undefined).finally(() => end(key, search)); // a failure is told by the answer
    return search;
  }

  return {
    /**
     * Joins the search for `key`, or begins it with `find`; `settled` says when what it found is whole. Without a `waiter`
     * it is never given up.
     */
    join(key: string, waiter: string | undefined, find: (seeker: Seeker) => Promise<SegmentAnswer>, settled: (answer: SegmentAnswer) => Promise<void>): Joined {
      const underWay = searches.get(key);
      const search = underWay ?? begin(key, find, settled);
      if (waiter === undefined) search.pinned = true;
      else {
        search.waiters.add(waiter);
        waiting.set(waiter, { key, search });
      }
      return { answer: search.answer, joined: underWay !== undefined };
    },
    /** The id of the search that is given up now, because this one was the last who waited. Who asks next begins another. */
    leave(waiter: string): string | undefined {
      const found = waiting.get(waiter);
      if (found === undefined) return undefined;
      const { key, search } = found;
      waiting.delete(waiter);
      search.waiters.delete(waiter);
      if (search.pinned || search.waiters.size > 0) return undefined;
      end(key, search);
      search.given.abort();
      return search.id;
    },
  };
}

export type Searches = ReturnType<typeof openSearches>;
