/** Keys that wrap the keys of units. There may be several, so that one can take another's place: the first wraps, all unwrap. */
import { fail } from "../../../config/errors.ts";

/** Whose key it is: it opens for nothing else. */
export interface WrapContext { unit: string; /** Of the unit's key, in hex. */ keyId: string }

/** A key-encryption key. */
export interface WrappingKey {
  /** Says which it is, and nothing of it. */
  readonly id: string;
  wrap(key: Buffer, context: WrapContext): Promise<Buffer>;
  /** @throws storage_key_unavailable */
  unwrap(wrapped: Buffer, context: WrapContext): Promise<Buffer>;
  close?(): void;
}

export interface KeyRing {
  /** Of the key that wraps. */
  readonly firstId: string;
  knows(id: string): boolean;
  /** @throws storage_key_unavailable */
  wrap(key: Buffer, context: WrapContext): Promise<{ by: string; wrapped: Buffer }>;
  /** @param by id of the key that wrapped it @throws storage_key_unavailable */
  unwrap(wrapped: Buffer, by: string, context: WrapContext): Promise<Buffer>;
  close(): void;
}

/** @param keys at least one */
export function keyRing(keys: readonly [WrappingKey, ...WrappingKey[]]): KeyRing {
  const [first] = keys;
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    firstId: first.id,
    knows: (id) => byId.has(id),
    wrap: async (key, context) => ({ by: first.id, wrapped: await first.wrap(key, context) }),
    async unwrap(wrapped, by, context) {
      const key = byId.get(by);
      if (key === undefined) throw fail("storage_key_unavailable", `The key ${by}, which wraps keys of the object store, is not among those of LECTERN_STORE_KEYS.`);
      return await key.unwrap(wrapped, context);
    },
    close: () => keys.forEach((key) => key.close?.()),
  };
}
