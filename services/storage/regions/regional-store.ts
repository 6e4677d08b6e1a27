/** The own store with those of the other regions behind it: what is written here goes there, what is not here is read there. */
import type { Logger } from "moleculer";
import type { Region, Regions } from "../../../config/regions.ts";
import type { StoreLocation } from "../../../config/store-location.ts";
import type { ObjectStore } from "../object-store.ts";
import type { Placement, PutResult, RecordPlace, RegionView } from "../storage.contract.ts";
import { openAdoptions, type Adoptions } from "./adoptions.ts";
import { openLiveness, type MeshNode } from "./liveness.ts";
import { openPlacements } from "./placements.ts";
import { openRegionLink } from "./region-link.ts";
import type { RegionMeter } from "./region-meter.ts";
import { regionalReads } from "./regional-reads.ts";
import { regionalWrites } from "./regional-writes.ts";
import { openReplicator } from "./replicator.ts";

export interface RegionalPorts {
  nodeId: string;
  /** Names this process; another after each start. */
  instance: string;
  openStore(location: StoreLocation): Promise<ObjectStore>;
  listNodes(): Promise<MeshNode[]>;
  /** Tells the mesh again of a deletion that a region may have missed. */
  announceDeleted(videoId: string): void;
  /** The plain form of what is read here, where that is encrypted. */
  reveal?(key: string, bytes: Buffer): Promise<Buffer | undefined>;
  meter: RegionMeter;
  logger: Logger;
  timing?: RegionalTiming;
}

/** In ms: how often other stores are tried, what waits is looked at, marks of the dead are read; how long a mark outlives its last copy. */
export interface RegionalTiming { probeMs: number; tickMs: number; scanMs: number; lingerMs: number }

export interface RegionalStore extends ObjectStore {
  put(key: string, bytes: Uint8Array, options?: { ifAbsent?: boolean; keepUntil?: number; place?: RecordPlace }): Promise<PutResult>;
  /** Which regions a new record should name. @throws region_unavailable */
  place(): RecordPlace;
  /** Undefined when there is no such record here. Waits until the others were asked what they took over. */
  placement(videoId: string): Promise<Placement | undefined>;
  views(): RegionView[];
  /** Takes in that a video changed hands. */
  noteAdoption(key: string): void;
}

const TIMING: RegionalTiming = { probeMs: 2_000, tickMs: 500, scanMs: 5_000, lingerMs: 5_000 };
const METER_MS = 2_000;
/** Shorter than callers wait for an answer. */
const LONGEST_PATIENCE_MS = 10_000;

export async function openRegionalStore(own: ObjectStore, regions: Regions, ports: RegionalPorts): Promise<RegionalStore> {
  const { logger, meter, instance, nodeId, timing = TIMING } = ports;
  const ownName = regions.own.name;
  const links = await Promise.all(regions.others.map((region) => openRegionLink({ region, openStore: ports.openStore, logger, probeEveryMs: timing.probeMs })));
  const liveness = openLiveness({ own, ownName, nodeId, links, darkAfterMs: regions.darkAfterMs, listNodes: ports.listNodes, logger });
  const adoptions: Adoptions = openAdoptions({ own, ownName, links, patienceMs: Math.min(regions.darkAfterMs, LONGEST_PATIENCE_MS), logger });
  const placements = openPlacements(async (key) => {
    const bytes = await reads.get(key);
    return bytes === undefined || ports.reveal === undefined ? bytes : await ports.reveal(key, bytes);
  }, ownName, adoptions);
  const replicators = new Map(links.map((link) => [link.region.name, openReplicator({
    own, ownName, link, writer: instance, logger, timing,
    async wantsMedia(videoId) {
      if (regions.media !== "standby") return regions.media === "all";
      const placement = await placements.find(videoId);
      return placement !== undefined && [placement.home, placement.worker, ...placement.standby].includes(link.region.name);
    },
    findLiving: async () => liveness.living(),
    onCopied: (outcome) => meter.copied(link.region.name, outcome),
    onLateDeletion: ports.announceDeleted,
  })]));
  const reads = regionalReads({ own, ownName, links, placements, onLook: meter.looked, logger });
  const writes = regionalWrites({ own, regions, links, replicators, placements, onSync: meter.sent, logger });
  const timer = setInterval(() => {
    for (const [name, replicator] of replicators) meter.lag(name, replicator.lag());
  }, METER_MS);

  const viewOf = (region: Region): Pick<RegionView, "name" | "publicUrl" | "place" | "countries" | "nodes"> => (
    { name: region.name, publicUrl: region.publicUrl, place: region.place, countries: region.countries, nodes: liveness.nodesOf(region.name) }
  );

  return {
    ...writes,
    async put(key, bytes, options) {
      const result = await writes.put(key, bytes, options);
      if (key.startsWith("adopted/")) adoptions.note(key);
      return result;
    },
    /** By way of this node: `from` may be in another region only, and `to` goes to others as well. */
    async copy(from, to) {
      const bytes = await reads.get(from);
      if (bytes === undefined) return undefined;
      const { stored } = await writes.put(to, bytes, { ifAbsent: true });
      return { copied: stored, size: stored ? bytes.byteLength : ((await own.head(to))?.size ?? bytes.byteLength) };
    },
    noteAdoption: adoptions.note,
    get: reads.get,
    getRange: reads.getRange,
    head: reads.head,
    list: (params) => own.list(params),
    prune: (folder, options) => own.prune(folder, options),
    probe: () => own.probe(),
    sweep: () => own.sweep(),
    place: () => ({ home: ownName, standby: writes.chooseStandby() }),
    async placement(videoId) {
      await adoptions.ready;
      return await placements.find(videoId);
    },
    views: () => [
      { ...viewOf(regions.own), own: true, storeReachable: true, dark: false, latencyMs: 0, waiting: 0, lagMs: 0 },
      ...links.map((link) => {
        const { units = 0, oldestMs = 0 } = replicators.get(link.region.name)?.lag() ?? {};
        const latencyMs = link.latencyMs();
        return {
          ...viewOf(link.region), own: false, storeReachable: !link.isAway(), dark: liveness.isDark(link.region.name),
          latencyMs: latencyMs === undefined ? null : Math.round(latencyMs), waiting: units, lagMs: Math.round(oldestMs),
        };
      }),
    ],
    async close() {
      clearInterval(timer);
      await liveness.close();
      await adoptions.close();
      await reads.close();
      await Promise.all([...replicators.values()].map((replicator) => replicator.close()));
      await Promise.all(links.map((link) => link.close()));
      await own.close();
    },
  };
}
