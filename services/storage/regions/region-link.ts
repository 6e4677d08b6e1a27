/** Another region's store, reached directly, and what is known of it: whether it answers, how fast, whether its region lives. */
import { errorMessage, fail, findErrorCode } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { Region } from "../../../config/regions.ts";
import type { StoreLocation } from "../../../config/store-location.ts";
import type { Logger } from "moleculer";
import type { ObjectStore } from "../object-store.ts";

export interface RegionLink {
  readonly region: Region;
  /** Whether its store did not answer when it was last asked. */
  isAway(): boolean;
  /** @throws storage_unavailable when it is away (at once) or does not answer within `waitMs`; what `work` throws */
  use<T>(work: (store: ObjectStore) => Promise<T>, waitMs: number): Promise<T>;
  /** How long an answer takes, smoothed, in ms; undefined before the first. */
  latencyMs(): number | undefined;
  /** For how long nothing showed, by its store, that the region lives, in ms. */
  silentMs(): number;
  /** Called each time that its store answers again. */
  onBack(listener: () => void): void;
  close(): Promise<void>;
}

export interface LinkOptions {
  region: Region;
  openStore(location: StoreLocation): Promise<ObjectStore>;
  logger: Pick<Logger, "info" | "warn" | "debug">;
  probeEveryMs?: number;
  now?: () => number;
}

const PROBE_EVERY_MS = 2_000;
const PROBE_MS = 2_000;
/** Weight of the newest answer. */
const SMOOTHING = 0.3;

/** Resolves when its store was asked for the first time, whatever came of that. */
export async function openRegionLink({ region, openStore, logger, probeEveryMs = PROBE_EVERY_MS, now = () => performance.now() }: LinkOptions): Promise<RegionLink> {
  const listeners: (() => void)[] = [];
  let opening: Promise<ObjectStore> | undefined;
  let away: boolean | undefined;
  let latency: number | undefined;
  let lastBeat: string | undefined;
  let livedAt = now();
  let probing: Promise<void> | undefined;

  const open = (): Promise<ObjectStore> => {
    opening ??= openStore(region.store).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };

  function note(isAway: boolean, reason = ""): void {
    const before = away;
    away = isAway;
    if (isAway && before !== true) logger.warn(`The store of the region ${region.name} is away: ${reason}`);
    if (isAway || before === false) return;
    if (before === true) logger.info(`The store of the region ${region.name} is back.`);
    listeners.forEach((listener) => listener());
  }

  /** One answer that is late is no outage; records would be accepted without their second copy. */
  async function probe(attempts = 2): Promise<void> {
    const startedAt = now();
    try {
      const beat = (await inTime((async () => await (await open()).get(objectKeys.heartbeat(region.name)))(), PROBE_MS))?.toString("utf8");
      // A directory that is not mounted, or a bucket that was emptied, has nothing and refuses nothing.
      if (beat === undefined && lastBeat !== undefined) throw fail("storage_unavailable", "the region's heartbeat is gone from it");
      const tookMs = now() - startedAt;
      latency = latency === undefined ? tookMs : latency + SMOOTHING * (tookMs - latency);
      // By its change and not by the time in it: clocks of two regions need not agree.
      if (beat !== undefined && beat !== lastBeat) livedAt = lastBeat === undefined ? livedAt : now();
      lastBeat = beat;
      note(false);
    } catch (error) {
      if (attempts > 1) await probe(attempts - 1);
      else note(true, errorMessage(error));
    }
  }

  const look = (): Promise<void> => (probing ??= probe().finally(() => { probing = undefined; }));
  const timer = setInterval(() => void look(), probeEveryMs);
  await look();
  return {
    region,
    isAway: () => away !== false,
    async use(work, waitMs) {
      if (away !== false) throw fail("storage_unavailable", `The store of the region ${region.name} is away.`);
      try {
        return await inTime(open().then(work), waitMs);
      } catch (error) {
        if (findErrorCode(error) === "storage_unavailable") void look(); // which says whether it is away
        throw error;
      }
    },
    latencyMs: () => latency,
    silentMs: () => now() - livedAt,
    onBack: (listener) => void listeners.push(listener),
    async close() {
      clearInterval(timer);
      await probing;
      await opening?.then((store) => store.close(), () => undefined);
    },
  };
}

/** @throws storage_unavailable when the time is over; the work itself goes on to its own limit */
export async function inTime<T>(work: Promise<T>, waitMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(fail("storage_unavailable", `Another region's store did not answer within ${waitMs} ms.`)), waitMs);
  work.catch(() => undefined); // also when it loses the race
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
