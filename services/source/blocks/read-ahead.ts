/**
 * Tells readers that go through a source from those that hop about in it, by where recent reads ended. Several may
 * read the same source at once. Pure but for its own memory.
 */
import { BLOCK_BYTES } from "./blocks.ts";

const MAX_AHEAD_BYTES = 4 * 1024 * 1024;
const MAX_CURSORS = 8;
/** Reads in a row before anything is fetched ahead: an index is often two or three neighbouring reads. */
const PATIENCE = 2;

/** One reader's place: where its last read ended, and how many reads followed on from one another. */
interface Cursor { end: number; streak: number }
export type Cursors = Cursor[];

/** Notes a read of [start, end) and says how many bytes behind `end` are worth having. */
export function noteRead(cursors: Cursors, start: number, end: number): number {
  // A reader may overlap its last read a little or skip a little, as demuxers do.
  const at = cursors.findIndex((cursor) => Math.abs(start - cursor.end) <= BLOCK_BYTES);
  const streak = at === -1 ? 0 : (cursors[at]?.streak ?? 0) + 1;
  if (at !== -1) cursors.splice(at, 1);
  cursors.unshift({ end, streak });
  cursors.length = Math.min(cursors.length, MAX_CURSORS);
  return streak < PATIENCE ? 0 : Math.min(MAX_AHEAD_BYTES, 2 * BLOCK_BYTES * 2 ** Math.min(streak - PATIENCE, 10));
}
