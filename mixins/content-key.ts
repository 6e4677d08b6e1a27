/**
 * The key that a video's media are encrypted by on their way to players, as its object in the store. Nobody logs it; who
 * may watch the video is given it.
 */
import { createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { ownBytes } from "../media/own-bytes.ts";

export interface ContentKey {
  key: KeyObject;
  /** What `cbcs` media call the key: 16 bytes, and no secret, like `iv`, from which each of their chains starts. */
  keyId: Buffer;
  iv: Buffer;
}

const BYTES = 16;

/** A new one: its object. */
export function makeContentKey(random: (size: number) => Buffer = randomBytes): Buffer {
  const [key, keyId, iv] = [random(BYTES), random(BYTES), random(BYTES)].map((bytes) => bytes.toString("base64"));
  return Buffer.from(JSON.stringify({ key, keyId, iv }));
}

/** undefined: this is no such object. */
export function parseContentKey(object: Uint8Array): ContentKey | undefined {
  const value: unknown = JSON.parse(Buffer.from(object).toString("utf8"));
  if (typeof value !== "object" || value === null || !("key" in value && "keyId" in value && "iv" in value)) return undefined;
  const [key, keyId, iv] = [value.key, value.keyId, value.iv].map((text) => Buffer.from(typeof text === "string" ? text : "", "base64"));
  if (key?.length !== BYTES || keyId?.length !== BYTES || iv?.length !== BYTES) return undefined;
  return { key: createSecretKey(key), keyId: ownBytes(keyId), iv: ownBytes(iv) };
}
