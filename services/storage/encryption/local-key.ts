/** A wrapping key that this process has: AES-256-GCM. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { fail } from "../../../config/errors.ts";
import type { WrapContext, WrappingKey } from "./key-ring.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function localKey(key: Buffer): WrappingKey {
  const id = createHash("sha256").update("lectern/wrapping-key/1").update(key).digest("hex").slice(0, 16);
  const boundTo = ({ unit, keyId }: WrapContext): Buffer => Buffer.from(`lectern/unit-key/1\n${unit}\n${keyId}`);
  return {
    id,
    /** The nonce, what is encrypted, the tag. */
    async wrap(bytes, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(context));
      return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    },
    async unwrap(wrapped, context) {
      try {
        const decipher = createDecipheriv(CIPHER, key, wrapped.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(boundTo(context));
        decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        throw fail("storage_key_unavailable", `The key of ${context.unit} is not one that the key ${id} of LECTERN_STORE_KEYS wrapped for it.`);
      }
    },
  };
}
