/**
 * A gateway's broker with a strategy: Moleculer's own registry and endpoint lists, never started, told of the nodes as the
 * network would tell it. The strategies are the classes that a mesh runs.
 */
import { ServiceBroker, type BrokerOptions, type Endpoint } from "moleculer";
import type { LoadReport } from "../../config/placement/load-report.ts";
import { openMeshView, type MeshView } from "../../config/placement/mesh-view.ts";
import { PLACEMENT, type PlacementOptions } from "../../config/placement/placement-strategy.ts";
import type { Gateway, Machine } from "./topology.ts";
import type { Asked } from "./workload.ts";

/** How calls are placed: one of Moleculer's strategies, or ours with a key. */
export type Placing =
  | { strategy: "RoundRobin" | "Random" | "CpuUsage" | "Latency" }
  | { strategy: "Shard"; options: { shardKey: string } }
  | { strategy: "Placement"; keyOf: NonNullable<PlacementOptions["keyOf"]> };

export interface Caller {
  gateway: Gateway;
  view: MeshView;
  /** Id of the node that a call is sent to. */
  place(asked: Asked): string;
  /** What came from a node. */
  heardReport(nodeId: string, report: LoadReport): void;
  heardPong(nodeId: string, roundTripMs: number): void;
}

const ACTION = "transcoder.make";

/** @param now simulated milliseconds */
export function openCaller(gateway: Gateway, machines: readonly Machine[], placing: Placing, now: () => number, random: () => number): Caller {
  const view = openMeshView(gateway.region, now, random);
  const broker = new ServiceBroker({
    nodeID: gateway.id, logger: false, transporter: "Fake", internalServices: false, skipProcessEventRegistration: true, registry: registryOptions(placing, view),
  });
  for (const { id, region } of machines) {
    broker.registry.processNodeInfo({
      sender: id, instanceID: id, hostname: id, ipList: [], client: {}, config: {}, port: null, seq: 1, metadata: { region },
      services: [{ name: "transcoder", fullName: "transcoder", settings: {}, metadata: {}, actions: { [ACTION]: { name: ACTION } }, events: {} }],
    });
  }
  return {
    gateway, view,
    place({ videoId, rendition, segment }) {
      const ctx = new broker.ContextFactory(broker);
      ctx.setParams({ videoId, rendition, segment });
      const found: Endpoint | Error = broker.findNextActionEndpoint(ACTION, {}, ctx);
      if (found instanceof Error) throw found;
      return found.id;
    },
    heardReport(nodeId, report) {
      view.book.reported(nodeId, report);
      broker.registry.nodes.get(nodeId)?.heartbeat({ cpu: Math.round(report.machineCpu * 100) });
    },
    heardPong(nodeId, elapsedTime) {
      view.book.answered(nodeId, elapsedTime);
      broker.localBus.emit("$node.pong", { nodeID: nodeId, elapsedTime });
    },
  };
}

function registryOptions(placing: Placing, view: MeshView): NonNullable<BrokerOptions["registry"]> {
  switch (placing.strategy) {
    case "Placement": return { preferLocal: false, strategy: PLACEMENT, strategyOptions: { view, keyOf: placing.keyOf } };
    case "Shard": return { preferLocal: false, strategy: "Shard", strategyOptions: placing.options };
    default: return { preferLocal: false, strategy: placing.strategy };
  }
}
