/**
 * API keys: `lectern_<id>_<secret><checksum>`. The secret is 256 random bits, so that a plain hash of the key is all that need
 * be kept of it; the checksum tells a mistyped key, and a scanner of leaked text a real one, without asking anybody.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const FORM = /^lectern_([0-9a-f]{20})_[0-9a-f]{64}([0-9a-f]{8})$/;

export function makeApiKey(): { id: string; key: string } {
  const id = randomBytes(10).toString("hex");
  const body = `lectern_${id}_${randomBytes(32).toString("hex")}`;
  return { id, key: body + checksum(body) };
}

/** The id of a well-formed key. */
export function keyId(key: string): string | undefined {
  const [, id, sum] = FORM.exec(key) ?? [];
  return sum === checksum(key.slice(0, -8)) ? id : undefined;
}

/** SHA-256 in hex: what is kept. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** In constant time. */
export function isKeyOf(key: string, hash: string): boolean {
  const [given, kept] = [Buffer.from(hashKey(key)), Buffer.from(hash)];
  return given.length === kept.length && timingSafeEqual(given, kept);
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 8);
}
