/**
 * Endpoints in the object store: each is a folder of objects that are written once. It is changed by another object beside it, whose
 * number says which one is the last.
 */
import type { Logger } from "moleculer";
import { errorMessage, fail, findErrorCode } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import type { StorageCalls } from "../../mixins/storage-calls.ts";
import type { EndpointView } from "./webhooks.contract.ts";

/** `endpoint.json`. */
export type EndpointRecord = Pick<EndpointView, "id" | "url" | "events" | "tenant" | "description" | "createdAt">;
/** `secret-0001.json` */
interface SecretPart { secret: string; at: string }
/** `state-0001.json` */
type StatePart = { enabled: true; at: string } | { enabled: false; at: string; why: "gone" | "failing" };

export interface Endpoint { record: EndpointRecord; /** The last one first. */ secrets: SecretPart[]; state?: StatePart; parts: number }

const DELETED = "deleted.json";
/** Time to put the new secret where the old one is. */
const OVERLAP_MS = 24 * 3_600_000;

export function endpointStore(storage: Pick<StorageCalls, "get" | "put" | "list" | "erase">, logger: Pick<Logger, "error">, now: () => Date = () => new Date()) {
  /** Of what was said already: who lists comes every half a minute. */
  const damaged = new Set<string>();
  const encode = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  async function read<T>(key: string): Promise<T | undefined> {
    const bytes = await storage.get(key);
    if (bytes === null) return undefined;
    try {
      return JSON.parse(bytes.toString("utf8")) as T;
    } catch {
      throw fail("storage_damaged", `${key} is not what was put there.`); // the parser's own words have a piece of the secret in them
    }
  }
  async function* walk(prefix: string, folders: boolean): AsyncGenerator<string> {
    let after: string | undefined;
    do {
      const page = await storage.list(prefix, after, folders);
      yield* folders ? page.prefixes : page.objects.map(({ key }) => key);
      after = page.next;
    } while (after !== undefined);
  }

  async function namesIn(id: string): Promise<string[]> {
    const names: string[] = [];
    for await (const key of walk(objectKeys.webhook(id), false)) names.push(key.slice(objectKeys.webhook(id).length));
    return names;
  }

  async function allIds(): Promise<string[]> {
    const ids: string[] = [];
    for await (const folder of walk(objectKeys.allWebhooks, true)) ids.push(folder.slice(objectKeys.allWebhooks.length, -1));
    return ids;
  }

  /** Undefined also for one that was deleted, whatever of it came late from another region. @throws storage_damaged when a part of it is */
  async function find(id: string): Promise<Endpoint | undefined> {
    const names = await namesIn(id);
    if (names.includes(DELETED) || !names.includes("endpoint.json")) return undefined;
    const last = (kind: string): string[] => names.filter((name) => name.startsWith(`${kind}-`)).toSorted().toReversed();
    const [record, state, ...secrets] = await Promise.all([
      read<EndpointRecord>(objectKeys.webhookPart(id, "endpoint")),
      last("state")[0] === undefined ? undefined : read<StatePart>(objectKeys.webhook(id) + last("state")[0]),
      ...last("secret").slice(0, 2).map((name) => read<SecretPart>(objectKeys.webhook(id) + name)),
    ]);
    if (record === undefined) return undefined;
    return { record, secrets: secrets.filter((part) => part !== undefined), ...(state === undefined ? {} : { state }), parts: names.length };
  }

  async function findWhole(id: string): Promise<Endpoint | undefined> {
    try {
      const endpoint = await find(id);
      damaged.delete(id);
      return endpoint;
    } catch (error) {
      if (findErrorCode(error) !== "storage_damaged") throw error;
      if (!damaged.has(id)) logger.error(`Webhook ${id} gets nothing: its record or a secret of it is damaged in the store. Remove it, and make it anew. ${errorMessage(error)}`);
      damaged.add(id);
      return undefined;
    }
  }

  /** With all versions, which would have its address and secrets. All are tried. @throws erasure_incomplete */
  async function eraseParts(id: string, names: readonly string[]): Promise<void> {
    const failed = (await Promise.allSettled(names.filter((name) => name !== DELETED).map((name) => storage.erase(objectKeys.webhook(id) + name)))).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  /** Whoever comes second with the same number changes nothing. */
  const add = (id: string, kind: "secret" | "state", parts: number, part: SecretPart | StatePart): Promise<unknown> =>
    storage.put(objectKeys.webhookPart(id, `${kind}-${String(parts).padStart(6, "0")}`), encode(part), true);

  return {
    find,
    /** The record comes last: before it there is no endpoint. */
    async create(record: EndpointRecord, secret: string): Promise<void> {
      await add(record.id, "secret", 0, { secret, at: record.createdAt });
      await storage.put(objectKeys.webhookPart(record.id, "endpoint"), encode(record), true);
    },
    async rotate({ record, parts }: Endpoint, secret: string): Promise<void> {
      await add(record.id, "secret", parts, { secret, at: now().toISOString() });
    },
    async disable({ record, parts }: Endpoint, why: "gone" | "failing"): Promise<void> {
      await add(record.id, "state", parts, { enabled: false, at: now().toISOString(), why });
    },
    async enable({ record, parts }: Endpoint): Promise<void> {
      await add(record.id, "state", parts, { enabled: true, at: now().toISOString() });
    },
    /** That it was deleted stays; its address and secrets go. @throws erasure_incomplete when it is deleted, and versions of that are left */
    async remove(id: string): Promise<void> {
      await storage.put(objectKeys.webhookPart(id, "deleted"), encode({ at: now().toISOString() }), true);
      await eraseParts(id, await namesIn(id));
    },
    /** Erases what is left of endpoints that were deleted: in another region, or by a node that died in the midst of it. @throws erasure_incomplete */
    async prune(): Promise<void> {
      for (const id of await allIds()) {
        const names = await namesIn(id);
        if (names.includes(DELETED)) await eraseParts(id, names);
      }
    },
    /** Ids of those that were deleted, here or in another region. */
    async deleted(): Promise<string[]> {
      const ids = await allIds();
      const names = await Promise.all(ids.map(namesIn));
      return ids.filter((_, n) => names[n]?.includes(DELETED));
    },
    /** Without those that are damaged, which operators are told of: one must not take the others with it. */
    async list(): Promise<Endpoint[]> {
      return (await Promise.all((await allIds()).map(findWhole))).filter((endpoint) => endpoint !== undefined);
    },
  };
}

export type EndpointStore = ReturnType<typeof endpointStore>;

export const isEnabled = ({ state }: Endpoint): boolean => state?.enabled !== false;

/** Secrets that sign now: the last one, and for a day the one before it. */
export function goodSecrets({ secrets: [last, before] }: Endpoint, nowMs: number): string[] {
  if (last === undefined) return [];
  return before === undefined || Date.parse(last.at) + OVERLAP_MS <= nowMs ? [last.secret] : [last.secret, before.secret];
}

export function viewEndpoint({ record, state, secrets: [last, before] }: Endpoint, nowMs: number): EndpointView {
  const until = last === undefined || before === undefined ? 0 : Date.parse(last.at) + OVERLAP_MS;
  return {
    ...record, ...(state?.enabled === false ? { disabled: { why: state.why, at: state.at } } : {}),
    ...(until > nowMs ? { oldSecretUntil: new Date(until).toISOString() } : {}),
  };
}
