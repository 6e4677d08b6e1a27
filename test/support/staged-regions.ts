/** Regions in memory: each with a store that can be away, and any number of processes that use it. */
import type { Logger } from "moleculer";
import type { Region, Regions } from "../../config/regions.ts";
import { fail } from "../../config/errors.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import type { MeshNode } from "../../services/storage/regions/liveness.ts";
import { openRegionalStore, type RegionalPorts, type RegionalStore } from "../../services/storage/regions/regional-store.ts";
import { memoryStore } from "./memory-store.ts";

/** How the processes of a staged region differ from real ones. */
type RegionPorts = Partial<Pick<RegionalPorts, "reveal">>;
type RegionSettings = Partial<Omit<Regions, "own" | "others">>;

const PLACES: Record<string, { latitude: number; longitude: number }> = {
  us: { latitude: 39, longitude: -77 }, eu: { latitude: 50, longitude: 8 }, asia: { latitude: 35, longitude: 139 },
};
const TIMING = { probeMs: 20, tickMs: 10, scanMs: 25, lingerMs: 40 };
const say = (): void => undefined;
export const silent = { debug: say, info: say, warn: say, error: say, fatal: say, trace: say } as unknown as Logger;

export function stageRegions(...names: string[]) {
  const stores = new Map(names.map((name) => [name, memoryStore()]));
  const away = new Set<string>();
  const asked: string[] = [];
  const held = new Map<string, Promise<void>>();
  const nodes: MeshNode[] = [];
  const opened: RegionalStore[] = [];
  const deletionsTold: string[] = [];
  const regionOf = (name: string): Region => (
    { name, store: { kind: "file", dir: name }, publicUrl: `https://${name}.test`, place: PLACES[name] ?? { latitude: 0, longitude: 0 }, countries: [] }
  );
  const storeOf = (name: string) => {
    const store = stores.get(name);
    if (store === undefined) throw new Error(`there is no region ${name}`);
    return store;
  };

  /** A region's store as it is reached: refuses while the region's is away, and notes what it is asked. */
  function reached(name: string): ObjectStore {
    return new Proxy<ObjectStore>(storeOf(name), {
      get(target, method) {
        if (method === "then") return undefined; // it is no promise
        const call = Reflect.get(target, method) as (...args: unknown[]) => unknown;
        return async (...args: unknown[]): Promise<unknown> => {
          if (away.has(name) && method !== "close") throw fail("storage_unavailable", `${name} is away`);
          const line = `${name} ${String(method)} ${String(args[0])}`;
          asked.push(line);
          await held.get(line);
          return await call(...args);
        };
      },
    });
  }

  return {
    away, deletionsTold, nodes,
    /** What a region's store has, by key. */
    objects: (name: string): Map<string, Buffer> => storeOf(name).objects,
    /** What was asked of a region's store by others or by its own processes: `eu get videos/…`. */
    askedOf: (name: string, what: string): string[] => asked.filter((line) => line.startsWith(`${name} `) && line.includes(what)),
    /** Lets such a call of a region's store wait: `eu head deleted/…`. @returns lets it go on */
    hold(line: string): () => void {
      const released = Promise.withResolvers<void>();
      held.set(line, released.promise);
      return released.resolve;
    },
    /** A process of a region; `instance` names it. */
    async open(name: string, settings: RegionSettings = {}, instance = `${name}-1`, ports: RegionPorts = {}): Promise<RegionalStore> {
      nodes.push({ id: instance, instance, region: name, services: ["storage", "scheduler"] });
      const regions: Regions = {
        own: regionOf(name), others: names.filter((other) => other !== name).map(regionOf),
        sync: 1, syncWaitMs: 200, whenAway: "accept", media: "standby", darkAfterMs: 200, redirect: false, geoHeaders: [], geoDatabase: false, ...settings,
      };
      const store = await openRegionalStore(reached(name), regions, {
        nodeId: instance, instance, logger: silent, timing: TIMING, listNodes: async () => nodes, announceDeleted: (id) => deletionsTold.push(id),
        openStore: async (location) => reached(location.kind === "file" ? location.dir : ""),
        meter: { copied: say, sent: say, looked: say, lag: say }, ...ports,
      });
      opened.push(store);
      return store;
    },
    /** A process of a region goes, as far as the mesh sees it. */
    leave(instance: string): void {
      nodes.splice(nodes.findIndex((node) => node.instance === instance), 1);
    },
    async close(): Promise<void> {
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}

export type StagedRegions = ReturnType<typeof stageRegions>;
