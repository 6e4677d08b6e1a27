/** Asks one node of each region. A region of which nobody answers costs a moment, not the others' answers. */
import { regionOf } from "../../config/placement/mesh-view.ts";

export interface MeshNode { id: string; available: boolean; metadata: Record<string, unknown> | null }
export interface Asked<Answer> { answers: Answer[]; missing: string[] }

const MAX_REGIONS = 64;
/** Of a region, one after the other, until one answers. */
const TRIES = 2;

/** @param ask a node by its id */
export async function askRegions<Answer>(nodes: readonly MeshNode[], ask: (nodeId: string) => Promise<Answer>): Promise<Asked<Answer>> {
  const able = nodes.filter(({ available, metadata }) => available && servicesOf(metadata).includes("capacity"));
  const regions = [...Map.groupBy(able, ({ metadata }) => regionOf(metadata) ?? "")].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_REGIONS);
  const asked = await Promise.all(regions.map(async ([region, members]) => ({ region, answer: await first(members.slice(0, TRIES), ask) })));
  return { answers: asked.flatMap(({ answer }) => answer ?? []), missing: asked.flatMap(({ region, answer }) => (answer === undefined ? [region] : [])) };
}

async function first<Answer>(nodes: readonly MeshNode[], ask: (nodeId: string) => Promise<Answer>): Promise<Answer | undefined> {
  for (const { id } of nodes) {
    const answer = await ask(id).catch(() => undefined); // it is said to be missing
    if (answer !== undefined) return answer;
  }
  return undefined;
}

export function servicesOf(metadata: Record<string, unknown> | null): readonly unknown[] {
  const services = metadata?.["services"];
  return Array.isArray(services) ? services : [];
}
