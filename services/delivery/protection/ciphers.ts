/** The two ciphers of segments, piece by piece, and what runs one over an answer of the cache. */
import { createCipheriv } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { cipherSteps } from "../../../config/cipher-steps.ts";
import type { EncryptBlocks } from "../../../media/cmaf/encryption/pattern.ts";
import { protectSegment } from "../../../media/cmaf/encryption/protect-fragment.ts";
import type { ProtectedTrack } from "../../../media/cmaf/encryption/protect-init.ts";
import type { ContentKey } from "../../../mixins/content-key.ts";
import { GrowingBytes } from "../../../mixins/growing-bytes.ts";

/** One segment's. What is pushed is never written to: the cache keeps it. */
export interface SegmentCipher {
  push(bytes: Uint8Array): Iterable<Buffer>;
  /** What is left. @throws encode_failed when the segment stops in the middle of something */
  end(): Buffer[];
}

/** Of a whole segment that is encrypted at once; about a millisecond. */
const PIECE_BYTES = 512 * 1024;
/** After so long others have a turn. */
const TURN_MS = 3;
const ALGORITHM = "aes-128-cbc";

/** RFC 8216 4.3.2.4: CBC with PKCS #7, from an IV that is the media sequence number, which here is the segment's. */
export function wholeSegmentCipher({ key }: ContentKey, segment: number): SegmentCipher {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(segment, 12);
  const cipher = createCipheriv(ALGORITHM, key, iv);
  return { push: (bytes) => cipherSteps(cipher, bytes), end: () => [cipher.final()] };
}

/** ISO/IEC 23001-7, `cbcs`. */
export function sampleCipher({ key, iv }: ContentKey, track: ProtectedTrack): SegmentCipher {
  const encrypt: EncryptBlocks = (blocks) => createCipheriv(ALGORITHM, key, iv).setAutoPadding(false).update(blocks);
  const segment = protectSegment(track, encrypt);
  return {
    push: segment.push,
    end: () => {
      segment.end();
      return [];
    },
  };
}

export async function encryptWhole(cipher: SegmentCipher, bytes: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let since = performance.now();
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
    for (const piece of cipher.push(bytes.subarray(at, at + PIECE_BYTES))) {
      pieces.push(piece);
      if (performance.now() - since < TURN_MS) continue;
      await nextTurn();
      since = performance.now();
    }
  }
  pieces.push(...cipher.end());
  const [only, another] = pieces;
  return only !== undefined && another === undefined ? only : Buffer.concat(pieces);
}

/** As it grows. Resolves with the first bytes. @throws what it failed with before; what comes later fails the result */
export async function encryptGrowing(cipher: SegmentCipher, growing: GrowingBytes): Promise<GrowingBytes> {
  const encrypted = new GrowingBytes();
  const pump = async (): Promise<void> => {
    for await (const bytes of growing) for (const piece of cipher.push(bytes)) encrypted.push(piece);
    for (const piece of cipher.end()) encrypted.push(piece);
    encrypted.end();
  };
  pump().catch((error: unknown) => encrypted.fail(error));
  await encrypted.started();
  return encrypted;
}
