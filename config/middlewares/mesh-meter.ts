/** What this node sees of the mesh, as figures: how many nodes each region has, and in which state. */
import type { ServiceBroker } from "moleculer";
import { onScrape } from "../metrics/on-scrape.ts";
import { registerMetrics } from "../metrics/register-metrics.ts";
import { meshView, regionOf } from "../placement/mesh-view.ts";

const STATES = ["accepting", "refusing", "silent", "away"] as const;
type State = (typeof STATES)[number];

/** What the registry says of a node, as far as it is used. */
export interface SeenNode { id: string; available: boolean; metadata: Record<string, unknown> | null }

/** @returns ends it */
export function measureMesh(broker: ServiceBroker): () => void {
  const metrics = registerMetrics(broker, "mesh");
  const known = new Set<string>();
  return onScrape(broker, () => {
    for (const region of known) for (const state of STATES) metrics.set("lectern_mesh_nodes", 0, { peer: region, state });
    for (const [region, states] of countNodes(broker, listNodes(broker))) {
      known.add(region);
      for (const state of STATES) metrics.set("lectern_mesh_nodes", states[state], { peer: region, state });
    }
  });
}

/** By region. `refusing`: it drains or is in quarantine; `silent`: it does not answer; `away`: it has left or is dead, and not forgotten yet. */
export function countNodes(broker: ServiceBroker, nodes: readonly SeenNode[]): Map<string, Record<State, number>> {
  const { book, own } = meshView(broker);
  const counts = new Map<string, Record<State, number>>();
  for (const { id, available, metadata } of nodes) {
    const region = regionOf(metadata) ?? "none";
    const states = counts.get(region) ?? { accepting: 0, refusing: 0, silent: 0, away: 0 };
    const seen = book.look(id);
    const accepting = id === broker.nodeID ? own.accepting : seen.report?.accepting !== false;
    states[!available ? "away" : seen.silent ? "silent" : accepting ? "accepting" : "refusing"]++;
    counts.set(region, states);
  }
  return counts;
}

function listNodes(broker: ServiceBroker): SeenNode[] {
  return parseNodes(broker.registry.getNodeList({ onlyAvailable: false, withServices: false }));
}

/** Moleculer's own type of them is any. */
function parseNodes(nodes: unknown): SeenNode[] {
  return nodes as SeenNode[];
}
