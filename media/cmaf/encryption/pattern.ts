/** Encryption of a run of bytes in place, by whole blocks of 16; what is left behind the last one stays clear (ISO/IEC 23001-7 9.6, 9.7). */

/** AES-128-CBC of whole blocks, always from the video's constant IV on. Its result is its own, and as long. */
export type EncryptBlocks = (blocks: Uint8Array) => Uint8Array;

const BLOCK = 16;
/** One block in ten is encrypted: what `cbcs` is of a picture. */
export const CRYPT_BLOCKS = 1;
export const SKIP_BLOCKS = 9;
const STEP = (CRYPT_BLOCKS + SKIP_BLOCKS) * BLOCK;

/** Every block. */
export function encryptAll(bytes: Uint8Array, encrypt: EncryptBlocks): void {
  const whole = bytes.byteLength - (bytes.byteLength % BLOCK);
  if (whole > 0) bytes.set(encrypt(bytes.subarray(0, whole)));
}

/** The first block and every tenth from there on, as one chain. */
export function encryptPattern(bytes: Uint8Array, encrypt: EncryptBlocks): void {
  const count = Math.ceil((bytes.byteLength - BLOCK + 1) / STEP);
  if (count <= 0) return;
  const chain = new Uint8Array(count * BLOCK);
  const [plain, gathered] = [viewOf(bytes), viewOf(chain)];
  for (let n = 0; n < count; n++) copyBlock(plain, n * STEP, gathered, n * BLOCK);
  const encrypted = viewOf(encrypt(chain));
  for (let n = 0; n < count; n++) copyBlock(encrypted, n * BLOCK, plain, n * STEP);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Much quicker than `set` of a view for each block. */
function copyBlock(from: DataView, fromAt: number, to: DataView, toAt: number): void {
  for (let i = 0; i < BLOCK; i += 4) to.setUint32(toAt + i, from.getUint32(fromAt + i));
}
