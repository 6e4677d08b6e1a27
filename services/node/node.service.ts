/**
 * node: says of the node it runs on whether it takes work, and why not, and lets operators drain it. It decides nothing
 * about the work itself: whoever gives or takes work reads the state.
 */
import { flushCompileCache } from "node:module";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config } from "../../config/config.ts";
import { REFUSALS } from "../../config/metrics/node-metrics.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { meshView } from "../../config/placement/mesh-view.ts";
import { PROTOCOL } from "../../config/protocol.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { nodeState, type NodeState } from "../../mixins/node-state.ts";
import type { DrainParams, FiguresParams, NodeFigures, NodeView } from "./node.contract.ts";
import { shownCertificates, watchCertificates } from "./certificate-watch.ts";
import { openNodeFigures, type NodeFiguresSource } from "./figures/node-figures.ts";
import { diskCheck } from "./disk-check.ts";
import { loopCheck, STALL_SEC, type LoopDelay } from "./loop-check.ts";
import { openSelfChecks } from "./self-checks.ts";
import { openShutdown } from "./shutdown.ts";
import { storeCheck } from "./store-check.ts";

type Settings = ServiceSettingSchema & Pick<Config, "stopGraceMs" | "dataDir">;
interface State { metrics: MetricWriter<"node">; unwatch: () => void; figures: NodeFiguresSource; state: NodeState; checks: ReturnType<typeof openSelfChecks>; unfollow: () => void; settling: NodeJS.Timeout; onSignal: NodeJS.SignalsListener | undefined }
interface Methods { tell(): void; noteLoop(delay: LoopDelay): void }

/** The process as far as this service touches it; tests have none. */
export type SignalPorts = Pick<NodeJS.Process, "on" | "off" | "exit">;

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
const SETTLE_MS = 200;
/** When a node that starts is at rest: what it compiled is kept for the next one, also when this one is killed. */
const FLUSH_MS = 3_000;
const VIEWERS_MS = 15_000;
export const LIMIT_MS = 28_000;

/** @param certificates paths of those that this node shows, by name */
export function nodeService(settings: Settings, signals?: SignalPorts, certificates: ReadonlyMap<string, string> = new Map()) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "node",
    settings: { stopGraceMs: settings.stopGraceMs, dataDir: settings.dataDir },
    actions: {
      state: {
        handler(): NodeView {
          return this.state.view();
        },
      },
      /** No new work from now on; what runs is finished. Twice does no harm. */
      drain: {
        params: { why: "string|optional" },
        handler(ctx: Context<DrainParams>): NodeView {
          this.state.drain(ctx.params.why ?? "An operator drains it.");
          this.state.settle();
          return this.state.view();
        },
      },
      figures: {
        params: { since: "number|optional" },
        handler(ctx: Context<FiguresParams>): NodeFigures {
          return this.figures.read(ctx.params.since);
        },
      },
      undrain: {
        handler(): NodeView {
          this.state.undrain();
          return this.state.view();
        },
      },
    },
    events: {
      /** Who joins has not heard what was told before. */
      "$node.connected"() {
        if (!this.state.accepting) this.tell();
      },
    },
    methods: {
      noteLoop(delay: LoopDelay): void {
        for (const [percentile, seconds] of Object.entries(delay)) this.metrics.set("lectern_event_loop_delay_seconds", seconds, { percentile });
        if (delay.max > STALL_SEC) this.metrics.count("lectern_event_loop_stalls_total");
      },
      tell(): void {
        announceToAll(this.broker, "node.changed", this.state.view());
      },
    },
    created() {
      const { broker, logger } = this;
      this.metrics = registerMetrics(broker, "node");
      this.metrics.set("lectern_node_accepting", 1);
      for (const reason of REFUSALS) this.metrics.set("lectern_node_refusing", 0, { reason });
      this.state = nodeState(broker);
      this.figures = openNodeFigures(broker);
      if (signals === undefined) return;
      const end = openShutdown({
        state: this.state, logger, graceMs: this.settings.stopGraceMs, viewersMs: VIEWERS_MS, limitMs: LIMIT_MS,
        stop: () => broker.stop(), exit: (code) => signals.exit(code),
      });
      this.onSignal = (signal) => end(signal);
      for (const signal of SIGNALS) signals.on(signal, this.onSignal);
    },
    async started() {
      this.metrics.set("lectern_node_info", 1, { node: this.broker.nodeID, protocol: String(PROTOCOL) });
      this.unfollow = this.state.onChange(({ accepting, reasons }) => {
        this.metrics.set("lectern_node_accepting", accepting ? 1 : 0);
        for (const reason of REFUSALS) this.metrics.set("lectern_node_refusing", reasons.some(({ code }) => code === reason) ? 1 : 0, { reason });
        meshView(this.broker).own.setAccepting(accepting);
        this.tell();
      });
      this.unwatch = await watchCertificates(this.broker, certificates);
      this.checks = openSelfChecks([
        diskCheck(this.settings.dataDir, (free) => this.metrics.set("lectern_disk_free_bytes", free)),
        loopCheck((delay) => this.noteLoop(delay)),
        storeCheck(this.broker),
      ], this.state, this.logger);
      setTimeout(flushCompileCache, FLUSH_MS).unref();
      this.settling = setInterval(() => this.state.settle(), SETTLE_MS);
    },
    async stopped() {
      this.figures.close();
      this.unfollow?.(); // these are absent when started() failed
      this.unwatch?.();
      this.checks?.close();
      clearInterval(this.settling);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default nodeService(config, process, shownCertificates(config));
