/**
 * Which videos changed hands, because the region that worked on them went dark. Each change is an object that is created
 * once; the last one of a video counts. A region that comes back asks the others before it goes on with anything.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import type { RegionLink } from "./region-link.ts";
import { listKeys } from "./settle-unit.ts";

export interface Adoption { n: number; by: string }

export interface Adoptions {
  /** The last one of a video. */
  find(videoId: string): Adoption | undefined;
  /** Takes in what was just written. */
  note(key: string): void;
  /** Resolves when the others were asked, or can't be for as long as makes a region dark. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface AdoptionOptions {
  own: Pick<ObjectStore, "list" | "put">;
  ownName: string;
  links: readonly RegionLink[];
  patienceMs: number;
  logger: Pick<Logger, "debug">;
  refreshMs?: number;
}

const REFRESH_MS = 5_000;
const LOOK_MS = 5_000;
const RETRY_MS = 500;

export function openAdoptions({ own, ownName, links, patienceMs, logger, refreshMs = REFRESH_MS }: AdoptionOptions): Adoptions {
  const last = new Map<string, Adoption>();
  let closed = false;
  let refreshing: Promise<void> | undefined;

  function note(key: string): void {
    const [, , videoId = "", change = ""] = key.split("/");
    const [, number = "", by] = /^(\d+)-(.+)$/.exec(change) ?? [];
    if (by === undefined) return;
    const present = last.get(videoId);
    const adoption = { n: Number(number), by };
    // Of two at once, which only a partition can make, all take the same one.
    if (present === undefined || adoption.n > present.n || (adoption.n === present.n && by < present.by)) last.set(videoId, adoption);
  }

  /** What another region took over from this one. */
  async function ask(link: RegionLink): Promise<void> {
    const keys = await link.use((store) => listKeys(store, objectKeys.adoptionsFrom(ownName)), LOOK_MS);
    for (const key of keys) {
      note(key);
      await own.put(key, Buffer.from("{}"), { ifAbsent: true });
    }
  }

  async function askPatiently(link: RegionLink): Promise<void> {
    const until = performance.now() + patienceMs;
    while (!closed) {
      try {
        return await ask(link);
      } catch (error) {
        logger.debug(`${link.region.name} did not say what it took over: ${errorMessage(error)}`);
        if (performance.now() > until) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  const refresh = async (): Promise<void> => (await listKeys(own, objectKeys.allAdoptions)).forEach(note);
  const told = (error: unknown): void => logger.debug(`Changes of hands were not read: ${errorMessage(error)}`);

  for (const link of links) link.onBack(() => void ask(link).catch(told));
  const timer = setInterval(() => {
    refreshing ??= refresh().catch(told).finally(() => { refreshing = undefined; });
  }, refreshMs);
  const ready = Promise.all([refresh().catch(told), ...links.map(askPatiently)]).then(() => undefined);
  return {
    find: (videoId) => last.get(videoId),
    note,
    ready,
    async close() {
      closed = true;
      clearInterval(timer);
      await Promise.all([ready, refreshing]);
    },
  };
}
