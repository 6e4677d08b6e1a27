/**
 * The one rule of keys, strict enough for any store: a key is a path of plain names. No part is empty or starts with a
 * dot (so nothing climbs, and a store may keep its own things under such a name); none has a backslash, a control
 * character or what XML cannot carry (S3 lists in XML).
 */
import { fail } from "../../config/errors.ts";

/** S3's limit. */
const MAX_KEY_BYTES = 1_024;
/** A file name's limit nearly everywhere. */
const MAX_PART_BYTES = 255;
const PLAIN_PART = /^[^.\p{Cc}\p{Cs}\\\uFFFE\uFFFF][^\p{Cc}\p{Cs}\\\uFFFE\uFFFF]*$/u;

/** @throws bad_request */
export function checkKey(key: string): void {
  const fault = findFault(key);
  if (fault !== undefined) throw fail("bad_request", `The storage key ${fault}.`);
}

/** The start of keys: nothing, a folder (`videos/`), or a folder and the beginning of a name. @throws bad_request */
export function checkPrefix(prefix: string): void {
  if (prefix !== "") checkKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
}

/** A prefix that ends with a slash: `videos/1` would also be the start of `videos/10/…`. @throws bad_request */
export function checkFolder(folder: string): void {
  if (!folder.endsWith("/")) throw fail("bad_request", "The storage folder must end with a slash.");
  checkKey(folder.slice(0, -1));
}

/** A folder, or one object's key. @throws bad_request */
export function checkErased(what: string): void {
  if (what.endsWith("/")) checkFolder(what);
  else checkKey(what);
}

function findFault(key: string): string | undefined {
  if (key === "") return "is empty";
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  for (const part of key.split("/")) {
    if (part === "") return "has an empty part";
    if (!PLAIN_PART.test(part)) return "has a part that starts with a dot or has a character that is not allowed";
    if (Buffer.byteLength(part) > MAX_PART_BYTES) return `has a part longer than ${MAX_PART_BYTES} bytes`;
  }
  return undefined;
}

/** The order of listings: by UTF-8 bytes. (JavaScript's own is by UTF-16 units, where U+10000 comes before U+FFFD.) */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
