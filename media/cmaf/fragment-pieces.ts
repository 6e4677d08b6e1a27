/**
 * An init segment and one fragment, as whoever reads them one after the other takes them: in pieces that are put together
 * when they are asked for, so that a span of a large source is not in memory twice. Pure.
 */
import { fragmentParts, type Fragment } from "./fragment.ts";

/** A few frames of a large source, or a whole span of a small one. */
const PIECE_BYTES = 256 * 1024;

export function* fragmentPieces(init: Buffer, fragment: Fragment): Generator<Buffer> {
  let [parts, bytes]: [Uint8Array[], number] = [[], 0];
  for (const part of [init, ...fragmentParts(fragment)]) {
    parts.push(part);
    bytes += part.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(parts, bytes);
    [parts, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(parts, bytes);
}
