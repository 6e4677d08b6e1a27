/** Which regions live: by the nodes that the mesh sees, and by a heartbeat in each region's store, which needs no mesh. */
import type { Logger } from "moleculer";
import { errorMessage } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { ObjectStore } from "../object-store.ts";
import type { RegionLink } from "./region-link.ts";

/** A node of the mesh, as far as it counts here. */
export interface MeshNode { id: string; /** Changes with every start. */ instance: string; region: string; services: readonly string[] }

export interface LivenessOptions {
  own: Pick<ObjectStore, "put">;
  ownName: string;
  nodeId: string;
  links: readonly RegionLink[];
  darkAfterMs: number;
  /** Those that are available now, this one too. */
  listNodes(): Promise<MeshNode[]>;
  logger: Pick<Logger, "info" | "warn" | "debug">;
  now?: () => number;
}

const LOOK_MS = 500;
const LONGEST_BEAT_MS = 5_000;
const BEATS_PER_DARKNESS = 4;

export function openLiveness({ own, ownName, nodeId, links, darkAfterMs, listNodes, logger, now = () => performance.now() }: LivenessOptions) {
  let nodes: MeshNode[] | undefined;
  /** When a region was last seen with a node that could go on with a video. */
  const seenAt = new Map<string, number>(links.map(({ region }) => [region.name, now()]));
  const wasDark = new Set<string>();
  let looking: Promise<void> | undefined;
  let beating: Promise<void> | undefined;
  let beats = 0;

  const ofRegion = (name: string): MeshNode[] => (nodes ?? []).filter(({ region }) => region === name);

  function isDark(name: string): boolean {
    const link = links.find(({ region }) => region.name === name);
    return link !== undefined && now() - (seenAt.get(name) ?? now()) >= darkAfterMs && link.silentMs() >= darkAfterMs;
  }

  async function look(): Promise<void> {
    nodes = await listNodes();
    for (const { region } of links) {
      if (ofRegion(region.name).some(({ services }) => services.includes("scheduler"))) seenAt.set(region.name, now());
      const dark = isDark(region.name);
      if (dark === wasDark.has(region.name)) continue;
      logger[dark ? "warn" : "info"](`The region ${region.name} ${dark ? "is dark" : "lives again"}.`);
      if (dark) wasDark.add(region.name);
      else wasDark.delete(region.name);
    }
  }

  /** One of a region's nodes is enough for what needs doing once; that two think so does no harm. */
  const isFirst = (): boolean => ofRegion(ownName).filter(({ services }) => services.includes("storage")).every(({ id }) => nodeId <= id);

  async function beat(): Promise<void> {
    if (nodes !== undefined && !isFirst()) return;
    beats++;
    await own.put(objectKeys.heartbeat(ownName), Buffer.from(JSON.stringify({ nodeId, beats, at: new Date().toISOString() })));
  }

  const told = (what: string) => (error: unknown): void => logger.debug(`${what}: ${errorMessage(error)}`);
  const lookTimer = setInterval(() => {
    looking ??= look().catch(told("The mesh's nodes are not known")).finally(() => { looking = undefined; });
  }, LOOK_MS);
  const beatTimer = setInterval(() => {
    beating ??= beat().catch(told("The region's heartbeat was missed")).finally(() => { beating = undefined; });
  }, Math.min(LONGEST_BEAT_MS, darkAfterMs / BEATS_PER_DARKNESS));
  return {
    isDark,
    nodesOf: (name: string): number => ofRegion(name).length,
    /** Undefined before the mesh was looked at. */
    living: (): { writers: ReadonlySet<string>; isFirst: boolean } | undefined => (
      nodes === undefined ? undefined : { writers: new Set(ofRegion(ownName).map(({ instance }) => instance)), isFirst: isFirst() }
    ),
    async close(): Promise<void> {
      clearInterval(lookTimer);
      clearInterval(beatTimer);
      await Promise.all([looking, beating]);
    },
  };
}

export type Liveness = ReturnType<typeof openLiveness>;
