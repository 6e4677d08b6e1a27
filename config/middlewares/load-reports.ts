/**
 * Has every node tell the others how busy it is, once a second and when much has changed, and keeps what the others tell,
 * for the strategy that places calls. What is lost or late costs a worse choice, nothing else.
 */
import type { Context, Middleware, ServiceBroker } from "moleculer";
import { measureMesh } from "./mesh-meter.ts";
import { errorMessage } from "../errors.ts";
import { readByteCounts } from "../placement/byte-counts.ts";
import { openCpuMeter } from "../placement/cpu-meter.ts";
import { registerMetrics } from "../metrics/register-metrics.ts";
import { isBigChange, LOAD_REPORTED, parseLoadReport, type LoadReport } from "../placement/load-report.ts";
import { openProcessTree } from "../placement/process-tree.ts";
import { meshView } from "../placement/mesh-view.ts";

const TELL_MS = 1_000;
/** No more often than this does a node tell anything. */
const LOOK_MS = 200;
const MEASURE_MS = 1_000;
const PING_MS = 5_000;

const stops = new WeakMap<ServiceBroker, () => void>();

const hooks: Middleware = {
  name: "LoadReports",
  created(broker) {
    const view = meshView(broker);
    const metrics = registerMetrics(broker, "placement");
    view.onPlaced = (way) => metrics.count("lectern_placement_calls_total", { way });
    broker.createService({
      name: "$load", // Moleculer leaves such names out of its lists of services
      events: {
        [LOAD_REPORTED](ctx: Context) {
          const report = parseLoadReport(ctx.params);
          if (report !== undefined && ctx.nodeID !== null && ctx.nodeID !== broker.nodeID) view.book.reported(ctx.nodeID, report);
        },
      },
    });
    broker.localBus.on("$node.pong", ({ nodeID, elapsedTime }: { nodeID: string; elapsedTime: number }) => view.book.answered(nodeID, elapsedTime));
    broker.localBus.on("$node.connected", ({ node }: { node: { id: string } }) => { ping(broker, node.id); });
    broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => view.book.forget(node.id));
  },
  async started(broker) {
    const { book, own } = meshView(broker);
    const metrics = registerMetrics(broker, "placement");
    const node = registerMetrics(broker, "node");
    const unmeasure = measureMesh(broker);
    let seconds = 0;
    // What a process took that nobody waited for at its end is lost; a counter must not fall.
    const measure = openCpuMeter(openProcessTree(process.pid, (bytes) => node.set("lectern_guests_memory_bytes", bytes)), undefined, (soFar) => metrics.set("lectern_node_processor_seconds_total", seconds = Math.max(seconds, soFar)));
    let told: { at: number; report: LoadReport } | undefined;
    const tell = (): void => {
      const report = own.report();
      book.reported(broker.nodeID, report);
      const now = performance.now();
      if (broker.transit?.connected !== true || (told !== undefined && now - told.at < TELL_MS && !isBigChange(told.report, report))) return;
      told = { at: now, report };
      broker.broadcast(LOAD_REPORTED, report).catch((error: unknown) => broker.logger.debug(`The load was not told: ${errorMessage(error)}`));
    };
    const measureNode = (): void => {
      own.noteBytes(readByteCounts(broker));
      measure().then((use) => use === undefined ? undefined : own.noteCpu(use), (error: unknown) => broker.logger.debug(`The processor was not measured: ${errorMessage(error)}`));
    };
    const timers = [setInterval(tell, LOOK_MS), setInterval(measureNode, MEASURE_MS), setInterval(() => ping(broker), PING_MS)];
    for (const timer of timers) timer.unref();
    stops.set(broker, () => {
      timers.forEach(clearInterval);
      unmeasure();
    });
    tell();
    measureNode();
    ping(broker);
  },
  async stopping(broker) {
    stops.get(broker)?.();
  },
};

/** Without a node: all. Its answer comes as `$node.pong`. */
function ping(broker: ServiceBroker, nodeId?: string): void {
  if (broker.transit?.connected === true) void broker.transit.sendPing(nodeId); // it logs its own failure
}

export const loadReports = hooks;
