/**
 * An init segment and one fragment, as whoever reads them one after the other takes them: frames as they are, and small
 * ones put together when they are asked for, so that a span of a large source is not in memory twice. Pure.
 */
import { fragmentParts, type Fragment } from "./fragment.ts";

/** To write less at once costs more than to copy it. */
const SMALL_BYTES = 16 * 1024;
/** Of small ones. */
const PIECE_BYTES = 64 * 1024;

export function* fragmentPieces(init: Buffer, fragment: Fragment): Generator<Buffer> {
  let [small, bytes]: [Uint8Array[], number] = [[], 0];
  for (const part of [init, ...fragmentParts(fragment)]) {
    const isSmall = part.length < SMALL_BYTES;
    if (isSmall) {
      small.push(part);
      bytes += part.length;
    }
    if (bytes > 0 && (!isSmall || bytes >= PIECE_BYTES)) {
      yield Buffer.concat(small, bytes);
      [small, bytes] = [[], 0];
    }
    if (!isSmall) yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  }
  if (bytes > 0) yield Buffer.concat(small, bytes);
}
