/**
 * A mesh in which a node tells less often the more nodes there are, so that none takes in more than 300 reports a second: the
 * rival of once a second. It halves the traffic of a thousand nodes, and viewers wait twice as long.
 */

/** What is told at least so often, and at most. */
const TELL_MS = 1_000;
const SOONEST_MS = 200;
/** Reports that a node takes in a second, of a mesh that is as large as may be told once in `LATEST_MS`. */
const TAKEN = 300;
/** A report counts for nothing after five seconds (`load-book.ts`): the next has to be there before. */
const LATEST_MS = 4_000;

export interface ReportPace {
  /** So long after the last report comes the next, whatever has changed. */
  tellMs: number;
  /** No sooner than this, however much has changed. */
  soonestMs: number;
}

/** @param nodes that the mesh has, this one included */
export function reportPace(nodes: number): ReportPace {
  const share = (1_000 * nodes) / TAKEN;
  return { tellMs: Math.min(LATEST_MS, Math.max(TELL_MS, share)), soonestMs: Math.min(LATEST_MS, Math.max(SOONEST_MS, share)) };
}
