/** Pure: the regions of a mesh, from its nodes and from what the mesh says of its regions, where it has several. */
import type { NodeRow, RegionRow } from "./operator.contract.ts";

/** As `storage.regions` tells of a region, as far as it is used. */
export interface RegionEntry { name: string; own?: unknown; publicUrl?: unknown; dark?: unknown; latencyMs?: unknown; lagMs?: unknown }

export function listRegions(nodes: readonly NodeRow[], entries: readonly RegionEntry[]): RegionRow[] {
  const living = nodes.filter(({ available, services }) => available && services.length > 0); // an operator's prompt is no node of a region
  const names = new Set([...entries.map(({ name }) => name), ...living.flatMap(({ region }) => (region === null ? [] : [region]))]);
  return [...names].toSorted().map((name) => {
    const own = living.filter(({ region }) => region === name);
    const entry = entries.find((one) => one.name === name);
    return {
      name, nodes: own.length, accepting: own.filter(({ state }) => state === "active" || state === "unknown").length,
      ...(typeof entry?.own === "boolean" ? { own: entry.own } : {}),
      ...(typeof entry?.publicUrl === "string" ? { url: entry.publicUrl } : {}),
      ...(typeof entry?.dark === "boolean" ? { dark: entry.dark } : {}),
      ...(typeof entry?.latencyMs === "number" ? { latencyMs: entry.latencyMs } : {}),
      ...(typeof entry?.lagMs === "number" ? { lagMs: entry.lagMs } : {}),
    };
  });
}
