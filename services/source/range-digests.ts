/** What parts of a source are, without the bytes: whether two sources are the same there, any node can tell from it. */
import { createHash } from "node:crypto";
import { fail } from "../../config/errors.ts";
import { MAX_READ_BYTES, type DigestsParams, type ReadParams } from "./source.contract.ts";

/** In the order of `ranges`. @throws bad_request for more than MAX_READ_BYTES in all, and what `read` throws */
export async function digestRanges(read: (params: ReadParams) => Promise<Buffer>, { source, version, ranges }: DigestsParams): Promise<string[]> {
  const bytes = ranges.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
  if (bytes > MAX_READ_BYTES) throw fail("bad_request", `Digests may be of ${MAX_READ_BYTES} bytes in all, not ${bytes}.`);
  return await Promise.all(ranges.map(async (range) => createHash("sha256").update(await read({ source, version, ...range })).digest("hex")));
}
