/** All of some pieces into a file, in as few writes as the system makes of it. */
import type { FileHandle } from "node:fs/promises";

/** @throws what a write throws */
export async function writeWhole(file: Pick<FileHandle, "writev">, pieces: readonly Buffer[]): Promise<void> {
  let rest = pieces;
  while (rest.length > 0) rest = dropBytes(rest, (await file.writev(rest)).bytesWritten);
}

function dropBytes(pieces: readonly Buffer[], count: number): Buffer[] {
  let gone = count;
  return pieces.flatMap((piece) => {
    const part = piece.subarray(gone);
    gone = Math.max(0, gone - piece.length);
    return part.length === 0 ? [] : part;
  });
}
