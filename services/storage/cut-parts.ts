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
      yield { bytes: Buffer.concat([...pending, head], partBytes), last: false };
      rest = rest.subarray(head.length);
      pending = [];
      size = 0;
    }
    pending.push(rest);
    size += rest.length;
  }
  if (size > 0) yield { bytes: Buffer.concat(pending, size), last: true };
  return undefined;
}
