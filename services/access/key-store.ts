/** API keys in the object store: each is written once, and ends by another object beside it. */
import type { Caller } from "../../config/access/permissions.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import { keySubject, type KeyView } from "./access.contract.ts";

/** `key.json`. */
export interface KeyRecord extends Pick<KeyView, "id" | "name" | "roles" | "tenant" | "scopes" | "createdAt" | "createdBy" | "expiresAt"> {
  /** SHA-256 of the key, in hex. */
  hash: string;
}
/** `rotated.json`. */
interface Rotated { until: string }
/** `revoked.json`. */
interface Revoked { at: string; by: string }
export interface KnownKey { record: KeyRecord; rotated?: Rotated; revoked?: Revoked }

export function keyStore(storage: Pick<StorageCalls, "get" | "put" | "list" | "remove">) {
  const encode = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  async function read<T>(key: string): Promise<T | undefined> {
    const bytes = await storage.get(key);
    return bytes === null ? undefined : (JSON.parse(bytes.toString("utf8")) as T);
  }

  async function find(id: string): Promise<KnownKey | undefined> {
    const [record, rotated, revoked] = await Promise.all([read<KeyRecord>(objectKeys.accessKey(id)), read<Rotated>(objectKeys.accessKeyRotated(id)), read<Revoked>(objectKeys.accessKeyRevoked(id))]);
    return record === undefined ? undefined : { record, ...(rotated === undefined ? {} : { rotated }), ...(revoked === undefined ? {} : { revoked }) };
  }

  return {
    find,
    async create(record: KeyRecord): Promise<void> {
      await storage.put(objectKeys.accessKey(record.id), encode(record), true);
    },
    async rotate(id: string, until: Date): Promise<void> {
      await storage.put(objectKeys.accessKeyRotated(id), encode({ until: until.toISOString() } satisfies Rotated), true);
    },
    async revoke(id: string, by: string, at: Date): Promise<void> {
      await storage.put(objectKeys.accessKeyRevoked(id), encode({ at: at.toISOString(), by } satisfies Revoked), true);
    },
    /** All but that it was revoked, so that no late copy of it opens anything. */
    async forget(id: string): Promise<void> {
      await storage.remove(objectKeys.accessKeyRotated(id));
      await storage.remove(objectKeys.accessKey(id));
    },
    /** All of them, in the order of their ids. */
    async list(): Promise<KnownKey[]> {
      const ids: string[] = [];
      let after: string | undefined;
      do {
        const page = await storage.list(objectKeys.allAccessKeys, after, true);
        ids.push(...page.prefixes.map((prefix) => prefix.slice(objectKeys.allAccessKeys.length, -1)));
        after = page.next;
      } while (after !== undefined);
      return (await Promise.all(ids.map(find))).filter((known) => known !== undefined);
    },
  };
}

export type KeyStore = ReturnType<typeof keyStore>;

/** Until when a key is good, in ms since 1970; a revoked one is not at all. */
export function goodUntil({ record, rotated, revoked }: KnownKey): number {
  if (revoked !== undefined) return -Infinity;
  return Math.min(...[record.expiresAt, rotated?.until].map((time) => (time === undefined ? Infinity : Date.parse(time))));
}

export function holderOf({ id, tenant, roles, scopes }: Pick<KeyRecord, "id" | "tenant" | "roles" | "scopes">): Caller {
  return { subject: keySubject(id), roles, ...(tenant === undefined ? {} : { tenant }), ...(scopes === undefined ? {} : { scopes }) };
}

/** Without the hash. */
export function viewKey({ record, rotated, revoked }: KnownKey, lastUsedAt: string | undefined): KeyView {
  const { id, name, roles, tenant, scopes, createdAt, createdBy } = record;
  const expiresAt = [record.expiresAt, rotated?.until].filter((time) => time !== undefined).toSorted()[0];
  return { id, name, roles, createdAt, createdBy, ...(tenant === undefined ? {} : { tenant }), ...(scopes === undefined ? {} : { scopes }), ...(expiresAt === undefined ? {} : { expiresAt }), ...(revoked === undefined ? {} : { revokedAt: revoked.at }), ...(lastUsedAt === undefined ? {} : { lastUsedAt }) };
}
