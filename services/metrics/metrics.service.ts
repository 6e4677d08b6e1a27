/**
 * metrics: lets every node be seen. It serves this node's `/metrics` and `/health/live`, and the same text to the
 * gateway beside it. It knows nothing of what the numbers mean.
 */
import type { Server } from "node:http";
import promClient, { Registry } from "prom-client";
import type { ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { callCounts } from "../../config/metrics/call-counts.ts";
import { SCRAPE } from "../../config/metrics/on-scrape.ts";
import { closeListener, listen } from "../../mixins/http-listener.ts";
import { callFamilies } from "./call-families.ts";
import { meshGauges, metricDefinitions, type MeshGaugesMethods, type MeshGaugesState } from "./mesh-gauges.ts";
import { metricsServer } from "./metrics-server.ts";
import { formatFamilies, parseFamilies } from "./prometheus-text.ts";

interface Settings extends ServiceSettingSchema { metricsHost: string; metricsPort: number }
interface State extends MeshGaugesState {
  processTimer: ReturnType<typeof promClient.collectDefaultMetrics> | undefined;
  server: Server | undefined;
  metricsUrl: string;
}
interface Methods extends MeshGaugesMethods { metricsText(): string }
export interface MetricsSettings { metricsHost: string; metricsPort: number }

const PROCESS_EVERY_MS = 10_000;

export function metricsService(given: MetricsSettings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "metrics",
    settings: { metricsHost: given.metricsHost, metricsPort: given.metricsPort },
    mixins: [meshGauges],
    actions: {
      /** This node's metrics as Prometheus text; ask by node id. */
      text(): string {
        return this.metricsText();
      },
    },
    methods: {
      metricsText(): string {
        this.broker.localBus.emit(SCRAPE);
        const own = this.register?.metrics({ timestamps: false }) ?? "";
        const taken = new Set([...own.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ""));
        return `${own.trimEnd()}\n${formatFamilies([...callFamilies(callCounts(this.broker).list(), this.broker.nodeID), ...parseFamilies(this.broker.metrics.list())], taken)}`;
      },
    },
    async started() {
      this.client = promClient;
      this.register = new Registry();
      this.processTimer = promClient.collectDefaultMetrics({ timeout: PROCESS_EVERY_MS, register: this.register });
      this.createMetrics(metricDefinitions);
      this.server = metricsServer(() => this.metricsText());
      const { url } = await listen(this.server, this.settings.metricsHost, this.settings.metricsPort);
      this.metricsUrl = url;
      this.logger.info(`metrics on ${url}/metrics`);
    },
    async stopped() {
      await closeListener(this.server); // these are absent when started() failed
      clearInterval(this.processTimer);
      clearTimeout(this.counting);
    },
  };
  return schema;
}

export default metricsService(loadConfig(process.env));
