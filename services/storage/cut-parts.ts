/** A stream of any pieces as parts of one length. */
export interface Part { pieces: readonly Buffer[]; last: boolean }

/** Cuts a stream into parts of exactly `partBytes`, but for the last; an empty stream has none. Nothing is copied. */
export async function* cutParts(chunks: AsyncIterable<Buffer>, partBytes: number): AsyncGenerator<Part, undefined> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    // Strictly more: a full part is held back until it is known whether it is the last.
    while (size + rest.length > partBytes) {
      const head = rest.subarray(0, partBytes - size);
      if (head.length > 0) pieces.push(head);
      yield { pieces, last: false };
      rest = rest.subarray(head.length);
      pieces = [];
      size = 0;
    }
    if (rest.length > 0) pieces.push(rest);
    size += rest.length;
  }
  if (size > 0) yield { pieces, last: true };
  return undefined;
}
