/**
 * Seals what nodes tell each other, so that on their NATS nobody reads or says anything without the mesh's secret:
 * AES-256-GCM under a key of each process, derived from the secret and the salt that it sends along. A seal is good once.
 *
 *     version 1 B · salt 16 B · ms since 1970 6 B · serial 6 B · ciphertext · tag 16 B
 *
 * Time and serial are the nonce: never the same twice under one salt.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { cipherSteps } from "./cipher-steps.ts";
import { upTo } from "./lru-room.ts";
import { replayWindow } from "./replay-window.ts";

export interface BusSeal {
  /** @param command the packet's kind, which is sealed with it */
  seal(command: string, bytes: Uint8Array): Buffer;
  /** @throws SealError */
  open(command: string, sealed: Uint8Array): Buffer;
}

/** Not sealed with this secret, altered, of another kind, too old, or seen before. */
export class SealError extends Error {}

const VERSION = 1;
const [SALT_BYTES, TIME_BYTES, SERIAL_BYTES, TAG_BYTES] = [16, 6, 6, 16];
const NONCE_AT = 1 + SALT_BYTES;
const HEADER_BYTES = NONCE_AT + TIME_BYTES + SERIAL_BYTES;
/** What seals cost, in bytes of each packet. */
export const SEAL_BYTES = HEADER_BYTES + TAG_BYTES;
const CIPHER = "aes-256-gcm";
/** Processes that are remembered: those of a large mesh, and their predecessors. */
const MAX_SENDERS = 10_000;
/** Clocks may be wrong by so much; who starts later believes nothing that was recorded before. */
const MAX_AGE_MS = 24 * 3_600_000;

interface Sender { key: Buffer; isNew: (serial: number) => boolean }

/** @param namespace of the mesh: another one's packets are foreign even under the same secret */
export function busSeal(secret: string, namespace: string, now: () => number = Date.now): BusSeal {
  const deriveKey = (salt: Uint8Array): Buffer => Buffer.from(hkdfSync("sha256", secret, salt, `lectern bus ${namespace}`, 32));
  const salt = randomBytes(SALT_BYTES);
  const ownKey = deriveKey(salt);
  const senders = new LRUCache<string, Sender>(upTo(MAX_SENDERS));
  let serial = 0;

  return {
    seal(command, bytes) {
      const header = Buffer.alloc(HEADER_BYTES);
      header[0] = VERSION;
      salt.copy(header, 1);
      header.writeUIntBE(now(), NONCE_AT, TIME_BYTES);
      header.writeUIntBE(++serial, NONCE_AT + TIME_BYTES, SERIAL_BYTES);
      const cipher = createCipheriv(CIPHER, ownKey, header.subarray(NONCE_AT));
      cipher.setAAD(Buffer.from(command));
      return Buffer.concat([header, ...cipherSteps(cipher, bytes), cipher.final(), cipher.getAuthTag()]);
    },
    open(command, given) {
      const sealed = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      if (sealed.length < SEAL_BYTES || sealed[0] !== VERSION) throw new SealError("is not sealed");
      const salted = sealed.subarray(1, NONCE_AT);
      const id = salted.toString("latin1");
      const known = senders.get(id);
      const sender = known ?? { key: deriveKey(salted), isNew: replayWindow() };
      const decipher = createDecipheriv(CIPHER, sender.key, sealed.subarray(NONCE_AT, HEADER_BYTES));
      decipher.setAAD(Buffer.from(command));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      let bytes: Buffer;
      try {
        bytes = Buffer.concat([...cipherSteps(decipher, sealed.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        throw new SealError("is not sealed with this mesh's secret");
      }
      if (Math.abs(now() - sealed.readUIntBE(NONCE_AT, TIME_BYTES)) > MAX_AGE_MS) throw new SealError("is older than a day, or a clock is wrong by as much");
      if (!sender.isNew(sealed.readUIntBE(NONCE_AT + TIME_BYTES, SERIAL_BYTES))) throw new SealError("was seen before");
      if (known === undefined) senders.set(id, sender); // only who has proved to know the secret is remembered
      return bytes;
    },
  };
}
