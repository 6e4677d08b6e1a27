/**
 * Goes on with the videos of a region that is dark, of those that this region stands by for. That a video changed hands
 * is an object that is created once, so any number of schedulers may try; what they do twice does no harm.
 */
import type { Logger, ServiceBroker } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import type { ListResult, Placement, PlacementParams, RegionView, VideoAdopted } from "../storage/storage.contract.ts";
import type { VideoIdParams, VideoState } from "../videos/videos.contract.ts";

export interface AdopterPorts {
  logger: Pick<Logger, "debug" | "info" | "warn">;
  regions(): Promise<RegionView[]>;
  list(prefix: string, after: string | undefined): Promise<ListResult>;
  state(id: string): Promise<VideoState | null>;
  placement(id: string): Promise<Placement | null>;
  create(key: string): Promise<void>;
  /** Tells every node of a change of hands: their work on the video begins or ends with it. */
  tell(change: VideoAdopted): void;
  remove(key: string): Promise<void>;
}

export interface Adopter { close(): Promise<void> }

const ROUND_MS = 1_000;

export function openAdopter(ports: AdopterPorts, roundMs = ROUND_MS): Adopter {
  let closed = false;
  let wake = Promise.withResolvers<void>();
  const running = loop();

  async function loop(): Promise<void> {
    while (!closed) {
      await round().catch((error: unknown) => ports.logger.debug(`A look for dark regions was cut short: ${errorMessage(error)}`));
      const timer = setTimeout(() => wake.resolve(), roundMs);
      await wake.promise;
      clearTimeout(timer);
      wake = Promise.withResolvers();
    }
  }

  async function round(): Promise<void> {
    const regions = await ports.regions();
    const own = regions.find((region) => region.own)?.name;
    const dark = regions.filter((region) => region.dark).map(({ name }) => name);
    if (own === undefined) return;
    for (const region of dark) {
      for (let after: string | undefined; !closed; ) {
        const page = await ports.list(objectKeys.allStandby(region), after);
        for (const { key } of page.objects) {
          if (closed) return;
          await look(key, key.slice(objectKeys.allStandby(region).length), { own, from: region, dark })
            .catch((error: unknown) => ports.logger.warn(`${key} could not be looked at: ${errorMessage(error)}`)); // the others can
        }
        if (page.next === undefined) break;
        after = page.next;
      }
    }
  }

  async function look(mark: string, id: string, { own, from, dark }: { own: string; from: string; dark: readonly string[] }): Promise<void> {
    const [state, placement] = await Promise.all([ports.state(id), ports.placement(id)]);
    if (state === null || placement === null) return; // its record was never answered for, or has not come
    if (isOver(state)) return await ports.remove(mark);
    if (placement.worker === from) {
      if (findHeir(placement, from, dark) !== own) return;
      const key = objectKeys.adoption(from, id, placement.changes + 1, own);
      await ports.create(key);
      ports.tell({ key });
      ports.logger.info(`Video ${id}: taken over from ${from}.`);
    } else if (placement.worker !== own) return;
    // From here on also after a crash in between.
    await ports.create(objectKeys.open(id));
    await ports.remove(mark);
  }

  return {
    async close() {
      closed = true;
      wake.resolve();
      await running;
    },
  };
}

/** Who goes on with a video: the first of those that have its record and are not dark. */
export function findHeir({ home, standby }: Pick<Placement, "home" | "standby">, from: string, dark: readonly string[]): string | undefined {
  return [home, ...standby].find((name) => name !== from && !dark.includes(name));
}

const isOver = ({ deleted, outcome, verdict }: VideoState): boolean => deleted || outcome !== undefined || verdict?.accepted === false;

export function adopterPorts(broker: ServiceBroker, logger: AdopterPorts["logger"]): AdopterPorts {
  const storage = storageCalls(broker);
  return {
    logger,
    regions: () => broker.call<RegionView[], object>("storage.regions", {}),
    list: (prefix, after) => storage.list(prefix, after, false),
    state: (id) => broker.call<VideoState | null, VideoIdParams>("videos.state", { id }),
    placement: (videoId) => broker.call<Placement | null, PlacementParams>("storage.placement", { videoId }),
    create: async (key) => void (await storage.put(key, Buffer.from("{}"), true)),
    remove: (key) => storage.remove(key),
    tell: (change) => announceToAll(broker, "video.adopted", change),
  };
}
