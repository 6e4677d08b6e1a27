/** Bits of a NAL unit (ITU-T H.264 7.2, 7.4.1), from the highest of its first byte on. Behind the end all are 0. */

/** 00 00 03 stands for 00 00 inside a NAL unit. */
export function removeEmulation(bytes: Uint8Array): Uint8Array {
  return bytes.filter((_, i) => !isEmulation(bytes, i));
}

/** How many bytes of the unit the first `count` bytes without emulation take. */
export function withEmulation(bytes: Uint8Array, count: number): number {
  let at = 0;
  for (let left = count; left > 0 && at < bytes.byteLength; at++) if (!isEmulation(bytes, at)) left--;
  return at;
}

function isEmulation(bytes: Uint8Array, i: number): boolean {
  return bytes[i] === 3 && i >= 2 && bytes[i - 1] === 0 && bytes[i - 2] === 0;
}

export type BitReader = ReturnType<typeof bitReader>;

export function bitReader(bytes: Uint8Array) {
  let position = 0;
  const read = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, position++) value = value * 2 + (((bytes[position >> 3] ?? 0) >> (7 - (position & 7))) & 1);
    return value;
  };
  const golomb = (): number => {
    let zeros = 0;
    while (zeros < 32 && position < bytes.byteLength * 8 && read(1) === 0) zeros++;
    return 2 ** zeros - 1 + read(zeros);
  };
  return {
    read,
    flag: (): boolean => read(1) === 1,
    golomb,
    signedGolomb: (): number => {
      const code = golomb();
      return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
    },
    skip: (count: number): void => { position += count; },
    /** In bits. */
    position: (): number => position,
    exhausted: (): boolean => position > bytes.byteLength * 8,
  };
}
