/** The endpoints as this node knows them: what others change it hears of, and looks for itself once in a while. */
import { errorMessage } from "../../config/errors.ts";
import type { Logger } from "moleculer";
import { isEnabled, type Endpoint, type EndpointStore } from "./endpoint-store.ts";
import type { EventType, Message } from "./webhooks.contract.ts";

const KNOWN_MS = 30_000;

export function openEndpoints(store: Pick<EndpointStore, "list">, logger: Pick<Logger, "debug">, now: () => number = () => performance.now()) {
  let known: { at: number; all: Promise<ReadonlyMap<string, Endpoint>> } | undefined;
  const load = async (): Promise<ReadonlyMap<string, Endpoint>> => new Map((await store.list()).map((endpoint) => [endpoint.record.id, endpoint]));

  /** While the store is away, what was known before. @throws storage_unavailable when nothing was */
  async function all(): Promise<ReadonlyMap<string, Endpoint>> {
    if (known !== undefined && now() - known.at < KNOWN_MS) return await known.all;
    const before = known?.all;
    const loading = before === undefined ? load() : load().catch(async (error: unknown) => {
      logger.debug(`Endpoints are those that were known: ${errorMessage(error)}`);
      return await before;
    });
    known = { at: now(), all: loading };
    loading.catch(() => { known = undefined; });
    return await loading;
  }

  return {
    all,
    find: async (id: string): Promise<Endpoint | undefined> => (await all()).get(id),
    /** @param tenant whose video it is about; undefined: it is about the mesh */
    async listening(type: Message["type"], tenant: string | undefined): Promise<Endpoint[]> {
      return [...(await all()).values()].filter((endpoint) => isEnabled(endpoint) && hears(endpoint, type, tenant));
    },
    forget(): void {
      if (known !== undefined) known.at = -Infinity;
    },
  };
}

export type Endpoints = ReturnType<typeof openEndpoints>;

function hears({ record: { events, tenant: own } }: Endpoint, type: Message["type"], tenant: string | undefined): boolean {
  return events.includes(type as EventType) && (own === undefined || own === tenant);
}
