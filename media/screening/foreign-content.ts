/**
 * Finds what is no video in bytes that should be one: programs, archives, documents, pages, and the harmless string that
 * every scanner takes for a virus (EICAR). Signatures of four bytes turn up in compressed pictures by chance, so each has
 * more of its format looked at. Pure.
 */

/** `at`: of its first byte, from the beginning of the bytes given. */
export interface Foreign { what: string; at: number }

const EICAR = Buffer.from(["X5O!P%@AP[4\\PZX54(P^)7CC)7}", "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join(""), "latin1");

const FIXED: readonly [what: string, signature: Buffer][] = [
  ["the EICAR test string", EICAR],
  ["a RAR archive", Buffer.from("Rar!\x1a\x07", "latin1")],
  ["a 7z archive", Buffer.from("7z\xbc\xaf\x27\x1c", "latin1")],
  ["a PDF document", Buffer.from("%PDF-1.", "latin1")],
];
const MARKUP = [Buffer.from("<script"), Buffer.from("<html"), Buffer.from("<!doctype html"), Buffer.from("<?php")];

/** One of each kind, in the order in which they lie. `fileStart`: where these bytes begin in the file; a ZIP says how far from it its list is. */
export function findForeign(bytes: Buffer, { fileStart = 0, fileSize = fileStart + bytes.length }: { fileStart?: number; fileSize?: number } = {}): Foreign[] {
  const lower = Buffer.from(bytes.toString("latin1").toLowerCase(), "latin1");
  const found: Foreign[] = FIXED.flatMap(([what, signature]) => at(what, bytes.indexOf(signature)));
  const markup = MARKUP.map((tag) => lower.indexOf(tag)).filter((index) => index >= 0);
  if (markup.length > 0) found.push({ what: "a web page or script", at: Math.min(...markup) });
  found.push(...at("a ZIP archive", findZip(bytes, fileSize - fileStart)), ...at("a Windows program", findPe(bytes)), ...at("a Linux program", findElf(bytes)));
  return found.toSorted((a, b) => a.at - b.at);
}

const at = (what: string, index: number): Foreign[] => (index < 0 ? [] : [{ what, at: index }]);

/** The end record of a ZIP (APPNOTE 4.3.16), whose comment ends where the file does, or a local header (4.3.7) of a known method with a plain name. */
function findZip(bytes: Buffer, toFileEnd: number): number {
  for (let index = bytes.indexOf("PK\x05\x06", 0, "latin1"); index >= 0; index = bytes.indexOf("PK\x05\x06", index + 1, "latin1")) {
    if (index + 22 <= bytes.length && index + 22 + bytes.readUInt16LE(index + 20) <= toFileEnd && bytes.readUInt16LE(index + 8) === bytes.readUInt16LE(index + 10)) return Math.max(0, findLocalHeader(bytes) < 0 ? index : findLocalHeader(bytes));
  }
  return findLocalHeader(bytes);
}

function findLocalHeader(bytes: Buffer): number {
  for (let index = bytes.indexOf("PK\x03\x04", 0, "latin1"); index >= 0; index = bytes.indexOf("PK\x03\x04", index + 1, "latin1")) {
    if (index + 30 > bytes.length) return -1;
    const [version, method, nameLength] = [bytes.readUInt16LE(index + 4), bytes.readUInt16LE(index + 8), bytes.readUInt16LE(index + 26)];
    const name = bytes.toString("latin1", index + 30, index + 30 + Math.min(nameLength, 8));
    if (version <= 63 && [0, 8, 9, 12, 14, 93, 95].includes(method) && nameLength > 0 && nameLength < 1024 && /^[\x20-\x7e]+$/.test(name)) return index;
  }
  return -1;
}

/** `MZ` whose header points at `PE\0\0` within reach. */
function findPe(bytes: Buffer): number {
  for (let index = bytes.indexOf("MZ", 0, "latin1"); index >= 0; index = bytes.indexOf("MZ", index + 1, "latin1")) {
    if (index + 64 > bytes.length) return -1;
    const header = index + bytes.readUInt32LE(index + 60);
    if (header - index < 4096 && header + 4 <= bytes.length && bytes.toString("latin1", header, header + 4) === "PE\0\0") return index;
  }
  return -1;
}

/** The magic, then a class, an order of bytes and a version that there are, and padding of zeros. */
function findElf(bytes: Buffer): number {
  for (let index = bytes.indexOf("\x7fELF", 0, "latin1"); index >= 0; index = bytes.indexOf("\x7fELF", index + 1, "latin1")) {
    if (index + 16 > bytes.length) return -1;
    const [bits, order, version] = [bytes[index + 4] ?? 0, bytes[index + 5] ?? 0, bytes[index + 6]];
    if ([1, 2].includes(bits) && [1, 2].includes(order) && version === 1 && bytes.subarray(index + 9, index + 16).every((byte) => byte === 0)) return index;
  }
  return -1;
}
