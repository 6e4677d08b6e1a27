/** A stream of any pieces as pieces of one length. */
export interface Part { bytes: Buffer; last: boolean }

/** Cuts a stream into parts of exactly `partBytes`, but for the last; an empty stream has none. */
export async function* cutParts(chunks: AsyncIterable<Buffer>, partBytes: number): AsyncGenerator<Part, undefined> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    // Strictly more: a full part is held back until it is known whether it is the last.
    while (size + rest.length > partBytes) {
      const head = rest.subarray(0, partBytes - size);
      yield { bytes: join(pending, head), last: false };
      rest = rest.subarray(head.length);
      pending = [];
      size = 0;
    }
    pending.push(rest);
    size += rest.length;
  }
  const end = pending.pop();
  if (size > 0 && end !== undefined) yield { bytes: join(pending, end), last: true };
  return undefined;
}

/** What came in one piece is not copied. */
function join(pieces: readonly Buffer[], last: Buffer): Buffer {
  const [only, ...more] = [...pieces, last].filter(({ length }) => length > 0);
  return only === undefined ? last : more.length === 0 ? only : Buffer.concat([only, ...more]);
}
