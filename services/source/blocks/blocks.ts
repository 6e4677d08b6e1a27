/** Sources are kept and fetched in blocks of one size. */
import { OriginTrouble } from "../origin/attempts.ts";
import { BLOCK_BYTES } from "../source.contract.ts";

export { BLOCK_BYTES };

export function blockOf(position: number): number {
  return Math.floor(position / BLOCK_BYTES);
}

/** Bytes in block `n` of a source of `size` bytes; only the last one is short. */
export function blockLength(n: number, size: number): number {
  return Math.min(BLOCK_BYTES, size - n * BLOCK_BYTES);
}

/**
 * Cuts a body that starts at a block's start into blocks; the last one may be short.
 * @throws OriginTrouble when more than `maxBytes` arrive, behind the blocks of the first `maxBytes`
 */
export async function* cutBlocks(body: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  let total = 0;
  for await (const chunk of body) {
    const fitting = Math.min(chunk.length, maxBytes - total);
    total += chunk.length;
    for (let at = 0; at < fitting; ) {
      const copied = chunk.copy(block, filled, at, fitting);
      at += copied;
      filled += copied;
      if (filled === BLOCK_BYTES) {
        yield block;
        block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        filled = 0;
      }
    }
    if (total > maxBytes) break;
  }
  if (filled > 0) yield Buffer.from(block.subarray(0, filled)); // a copy: the rest of the block would stay in memory
  if (total > maxBytes) throw new OriginTrouble("sends more bytes than it said");
}
