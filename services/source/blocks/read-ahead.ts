/**
 * Tells readers that go through a source from those that hop about in it, by where recent reads ended. Several may
 * read the same source at once. Pure but for its own memory.
 */
import { BLOCK_BYTES } from "./blocks.ts";

const MAX_AHEAD_BYTES = 4 * 1024 * 1024;
const MAX_CURSORS = 8;
/** Reads in a row before anything is fetched ahead: an index is often two or three neighbouring reads. */
const PATIENCE = 2;

/** One reader's place: how far it has come, and how many reads in a row took it further. */
interface Cursor { end: number; streak: number }
export type Cursors = Cursor[];

/** Notes a read of [start, end) and says how many bytes behind `end` are worth having. */
export function noteRead(cursors: Cursors, start: number, end: number): number {
  // A reader may overlap its last read a little or skip a little, as demuxers do.
  const at = cursors.findIndex((cursor) => Math.abs(start - cursor.end) <= BLOCK_BYTES);
  const [before] = at === -1 ? [] : cursors.splice(at, 1);
  const repeats = before !== undefined && end <= before.end; // sound after the picture beside it, or a check of both
  const streak = before === undefined ? 0 : before.streak + (repeats ? 0 : 1);
  cursors.unshift({ end: repeats ? before.end : end, streak });
  cursors.length = Math.min(cursors.length, MAX_CURSORS);
  return repeats || streak < PATIENCE ? 0 : Math.min(MAX_AHEAD_BYTES, 2 * BLOCK_BYTES * 2 ** Math.min(streak - PATIENCE, 10));
}
