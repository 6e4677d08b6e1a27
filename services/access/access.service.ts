/**
 * access: who may do what. It knows the API keys, makes them, ends them, and says whose a key is that somebody shows. What
 * each role may is a table (config/access/permissions.ts); that it holds is every node's affair. Any number may run.
 */
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { hashKey, isKeyOf, keyId, makeApiKey } from "../../config/access/api-key.ts";
import { covers, isPermission, ROLES, type Caller } from "../../config/access/permissions.ts";
import { loadConfig } from "../../config/config.ts";
import { fail } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { openPseudonyms, type Pseudonyms } from "../../config/pseudonym.ts";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { closeRedis, openRedis, withoutRedis } from "../../mixins/redis.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import type { AccessChanged, AuthenticateParams, AuthenticateResult, CreatedKey, CreateKeyParams, KeyParams, KeysOfParams, KeyView, ListKeysResult } from "./access.contract.ts";
import { keySubject } from "./access.contract.ts";
import type { LoginSettings, SchoolLogin } from "./school-login.ts";
import { goodUntil, holderOf, keyStore, viewKey, type KeyRecord, type KeyStore, type KnownKey } from "./key-store.ts";

interface Settings extends ServiceSettingSchema { redisUrl: string | undefined; namespace: string; adminKeyHash: string | undefined; login?: LoginSettings | undefined; /** Makes pseudonyms of persons. */ pseudonymKey?: string | undefined }
interface State { keys: KeyStore; redis: Redis; names: RedisKeys; known: LRUCache<string, { key: Promise<KnownKey | undefined> }>; noted: Map<string, number>; login: SchoolLogin | undefined; pseudonyms: Pseudonyms }
interface Methods {
  findKnown(id: string): Promise<KnownKey | undefined>;
  changed(id: string): void;
  noteUse(id: string): void;
  make(caller: Caller, params: CreateKeyParams): Promise<CreatedKey>;
}

const id = { type: "string", pattern: /^[0-9a-f]{20}$/ } as const;
/** A key that was revoked on another node, whose word was lost, is good here for so long. */
const KNOWN_MS = 10_000;
const MAX_KNOWN = 10_000;
const NOTE_MS = 60_000;
/** Time to put the new key where the old one is. */
const OVERLAP_MS = 24 * 3_600_000;
/** Who calls as a node, or with the operator's own key. */
const ADMIN: Caller = { subject: "admin", roles: ["admin"] };

export function accessService(settings: Settings, open = openRedis) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "access",
    settings: { ...settings, $secureSettings: ["redisUrl", "adminKeyHash", "pseudonymKey"] },
    dependencies: ["storage"],
    actions: {
      authenticate: {
        params: { credential: "string" },
        async handler(ctx: Context<AuthenticateParams>): Promise<AuthenticateResult> {
          const { credential } = ctx.params;
          if (settings.adminKeyHash !== undefined && isKeyOf(credential, settings.adminKeyHash)) return { caller: ADMIN };
          if (this.login !== undefined && looksLikeToken(credential)) return { caller: nameless(await this.login.whose(credential), this.pseudonyms) };
          const shown = keyId(credential);
          const known = shown === undefined ? undefined : await this.findKnown(shown);
          if (known === undefined || !isKeyOf(credential, known.record.hash) || goodUntil(known) <= Date.now()) return { caller: null };
          this.noteUse(known.record.id);
          return { caller: holderOf(known.record) };
        },
      },
      listKeys: {
        async handler(ctx: Context): Promise<ListKeysResult> {
          const caller = callerOf(ctx) ?? ADMIN;
          const all = (await this.keys.list()).filter(({ record }) => caller.tenant === undefined || record.tenant === caller.tenant);
          const used = all.length === 0 ? [] : await withoutRedis(() => this.redis.hmget(this.names.keysUsed, ...all.map(({ record }) => record.id)), [], this.logger);
          return { keys: all.map((known, at) => viewKey(known, used[at] ?? undefined)).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)) };
        },
      },
      createKey: {
        params: {
          name: { type: "string", min: 1, max: 100 },
          roles: { type: "array", min: 1, max: ROLES.length, items: { type: "enum", values: [...ROLES] } },
          tenant: { type: "string", pattern: /^[a-z0-9][a-z0-9-]{0,62}$/, optional: true },
          scopes: { type: "array", min: 1, max: 50, items: "string", optional: true },
          expiresAt: { type: "string", optional: true },
        },
        async handler(ctx: Context<CreateKeyParams>): Promise<CreatedKey> {
          return await this.make(callerOf(ctx) ?? ADMIN, ctx.params);
        },
      },
      /** Another key in the place of one; both are good for a day. */
      rotateKey: {
        params: { id },
        async handler(ctx: Context<KeyParams>): Promise<CreatedKey> {
          const known = await this.keys.find(ctx.params.id);
          const caller = callerOf(ctx) ?? ADMIN;
          if (known === undefined || !covers(caller, holderOf(known.record))) throw noSuchKey();
          if (goodUntil(known) <= Date.now()) throw fail("conflict", "The key is not good any more: make another.");
          const { name, roles, tenant, scopes, expiresAt } = known.record;
          const made = await this.make(caller, { name, roles, ...(tenant === undefined ? {} : { tenant }), ...(scopes === undefined ? {} : { scopes }), ...(expiresAt === undefined ? {} : { expiresAt }) });
          await this.keys.rotate(ctx.params.id, new Date(Date.now() + OVERLAP_MS));
          this.changed(ctx.params.id);
          return made;
        },
      },
      revokeKey: {
        params: { id },
        async handler(ctx: Context<KeyParams>): Promise<KeyView> {
          const caller = callerOf(ctx) ?? ADMIN;
          const known = await this.keys.find(ctx.params.id);
          if (known === undefined || !covers(caller, holderOf(known.record))) throw noSuchKey();
          await this.keys.revoke(ctx.params.id, caller.subject, new Date());
          this.changed(ctx.params.id);
          return viewKey((await this.keys.find(ctx.params.id)) ?? known, undefined);
        },
      },
      /** Keys that a person has, and those that they made. @param tenant only those for this tenant */
      keysOf: {
        params: { person: "string", tenant: { type: "string", optional: true } },
        async handler(ctx: Context<KeysOfParams>): Promise<ListKeysResult> {
          const { person, tenant } = ctx.params;
          const theirs = (await this.keys.list()).filter(({ record }) => (keySubject(record.id) === person || record.createdBy === person) && (tenant === undefined || record.tenant === tenant));
          return { keys: theirs.map((known) => viewKey(known, undefined)) };
        },
      },
      /** Removes what is kept of a key that was revoked, but for that it was. Twice does no harm. */
      forgetKey: {
        params: { id },
        async handler(ctx: Context<KeyParams>): Promise<void> {
          await this.keys.forget(ctx.params.id);
          await withoutRedis(async () => { await this.redis.hdel(this.names.keysUsed, ctx.params.id); }, undefined, this.logger);
          this.changed(ctx.params.id);
        },
      },
    },
    events: {
      "access.changed"(ctx: Context<AccessChanged>) {
        this.known.delete(ctx.params.id);
      },
    },
    methods: {
      async findKnown(this: State, keyId: string): Promise<KnownKey | undefined> {
        const known = this.known.get(keyId) ?? { key: this.keys.find(keyId) };
        this.known.set(keyId, known);
        known.key.catch(() => this.known.delete(keyId)); // the next one tries for itself
        return await known.key;
      },
      changed(keyId: string): void {
        this.known.delete(keyId);
        announceToAll(this.broker, "access.changed", { id: keyId } satisfies AccessChanged);
      },
      /** To the minute, and only while Redis is there. */
      noteUse(keyId: string): void {
        const now = Date.now();
        if (now - (this.noted.get(keyId) ?? 0) < NOTE_MS) return;
        if (this.noted.size >= MAX_KNOWN) this.noted.clear();
        this.noted.set(keyId, now);
        void withoutRedis(async () => { await this.redis.hset(this.names.keysUsed, keyId, new Date(now).toISOString()); }, undefined, this.logger);
      },
      /** @throws forbidden for more than the caller has, bad_request */
      async make(caller: Caller, { name, roles, tenant = caller.tenant, scopes, expiresAt }: CreateKeyParams): Promise<CreatedKey> {
        const unknown = (scopes ?? []).filter((scope) => !isPermission(scope));
        if (unknown.length > 0) throw fail("bad_request", `There is no permission ${unknown.join(", ")}.`);
        if (expiresAt !== undefined && !(Date.parse(expiresAt) > Date.now())) throw fail("bad_request", "expiresAt must be a time to come, as in 2027-01-31T00:00:00Z.");
        const { id: newId, key } = makeApiKey();
        const record: KeyRecord = {
          id: newId, name, roles: [...new Set(roles)], hash: hashKey(key), createdAt: new Date().toISOString(), createdBy: caller.subject,
          ...(tenant === undefined ? {} : { tenant }), ...(scopes === undefined ? {} : { scopes }), ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
        };
        if (!covers(caller, holderOf(record))) throw fail("forbidden", "A key may not give away more than it has.");
        await this.keys.create(record);
        return { ...viewKey({ record }, undefined), key };
      },
    },
    async started() {
      this.keys = keyStore(storageCalls(this.broker));
      this.names = redisKeys(settings.namespace);
      this.known = new LRUCache({ ...upTo(MAX_KNOWN), ttl: KNOWN_MS });
      this.noted = new Map();
      this.pseudonyms = openPseudonyms(settings.pseudonymKey, settings.namespace);
      this.login = settings.login === undefined ? undefined : (await import("./school-login.ts")).schoolLogin(settings.login); // with its library, which others do without
      this.redis = await open(settings.redisUrl, this.logger);
    },
    async stopped() {
      closeRedis(this.redis);
    },
  };
  return schema;
}

/** From here on a person is a pseudonym: in papers, in records of keys and links, in the audit log, in whatever is logged. */
function nameless(caller: Caller | null, pseudonyms: Pseudonyms): Caller | null {
  return caller === null ? null : { ...caller, subject: pseudonyms.ofSubject(caller.subject) };
}

/** A school's tokens are JWTs; keys have no dots. */
function looksLikeToken(credential: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}

const noSuchKey = (): Error => fail("key_not_found", "There is no such key.");

const { redisUrl, namespace, adminKeyHash, login, pseudonymKey, meshSecret } = loadConfig(process.env);
export default accessService({ redisUrl, namespace, adminKeyHash, login, pseudonymKey: pseudonymKey ?? meshSecret });
