/**
 * A mesh of real brokers in three regions, with the options of a real node: they meet over one NATS, from which `eu` and
 * `asia` are as far as they are. Their transcoder only says which node it is on.
 */
import { ServiceBroker, type Context } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { meshView } from "../../config/placement/mesh-view.ts";
import type { SlotUse } from "../../config/placement/own-load.ts";
import { startDelayingProxy, type DelayingProxy } from "./delaying-proxy.ts";
import { eventually } from "./eventually.ts";
import { freshNamespace, sharedNats } from "./servers.ts";

/** Milliseconds to NATS. */
const WAYS = { us: 0, eu: 15, asia: 50 } as const;
export type RegionName = keyof typeof WAYS;

export interface MeshNode {
  id: string;
  region: RegionName;
  broker: ServiceBroker;
  /** What it tells of its slots. */
  use: SlotUse;
  /** Makes what is asked of it; absent: answers at once. */
  make?: () => Promise<void>;
}

export interface RegionMesh {
  node(id: string): MeshNode;
  /** Node that a call from `caller` for something of `videoId` arrives at. */
  make(caller: string, videoId: string): Promise<string>;
  /** Starts nodes, again or for the first time; resolves when all that run see them. */
  start(ids: readonly string[]): Promise<void>;
  /** Resolves when all that run have heard. */
  leave(ids: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** @param plan region and slots of each node; no slots: it only calls */
export async function startRegionMesh(plan: Readonly<Record<string, readonly [RegionName, number]>>): Promise<RegionMesh> {
  const { port } = await sharedNats();
  const namespace = freshNamespace();
  const proxies = new Map<RegionName, DelayingProxy>();
  for (const region of ["eu", "asia"] as const) proxies.set(region, await startDelayingProxy(port, WAYS[region]));
  const running = new Map<string, MeshNode>();

  function open(id: string): MeshNode {
    const [region, slots] = plan[id] ?? ["us", 0];
    const natsUrl = `nats://127.0.0.1:${proxies.get(region)?.port ?? port}`;
    const broker = new ServiceBroker({ ...brokerOptions(loadConfig({ LECTERN_NODE_ID: id, LECTERN_REGION: region, LECTERN_NATS_URL: natsUrl, LECTERN_NAMESPACE: namespace })), logger: false });
    const node: MeshNode = { id, region, broker, use: { slots, play: 0, background: 0, waiting: 0, speed: undefined } };
    if (slots === 0) return node;
    meshView(broker).own.noteCpu = () => undefined; // they share a process, and would all tell of its load as their own
    meshView(broker).own.measureSlots(() => node.use);
    broker.createService({
      name: "transcoder",
      actions: {
        async make(ctx: Context): Promise<string> {
          await node.make?.();
          return ctx.broker.nodeID;
        },
        load: (ctx: Context) => ctx.broker.nodeID,
      },
    });
    return node;
  }

  const node = (id: string): MeshNode => {
    const found = running.get(id);
    if (found === undefined) throw new Error(`${id} does not run`);
    return found;
  };
  /** Every node has told every other of its load, and has been measured by it; what has left, none knows any more. */
  const settled = async (): Promise<void> => {
    const ids = [...running.keys()];
    await eventually(() => [...running.values()].every(({ id, broker }) => {
      const known = broker.registry.getNodeList({ onlyAvailable: true, withServices: false }).map((one) => one.id);
      return known.length === ids.length && ids.every((other) => {
        const { report, rttMs } = meshView(broker).book.look(other);
        return report !== undefined && (other === id || rttMs !== undefined);
      });
    }));
  };

  const mesh: RegionMesh = {
    node,
    make: (caller, videoId) => node(caller).broker.call("transcoder.make", { videoId }),
    async start(ids) {
      const nodes = ids.map(open);
      await Promise.all(nodes.map(({ broker }) => broker.start()));
      for (const one of nodes) running.set(one.id, one);
      await settled();
    },
    async leave(ids) {
      await Promise.all(ids.map((id) => node(id).broker.stop()));
      for (const id of ids) running.delete(id);
      await settled();
    },
    async stop() {
      await Promise.all([...running.values()].map(({ broker }) => broker.stop()));
      await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
    },
  };
  try {
    await mesh.start(Object.keys(plan));
  } catch (error) {
    await mesh.stop();
    throw error;
  }
  return mesh;
}
