/**
 * The gauges of moleculer-prometheus as a mixin. The package's listener takes all addresses, and its counters of calls wait
 * for an event that Moleculer 0.15 no longer sends, so both are left out; the rest is its own.
 */
import { createRequire } from "node:module";
import type { EventSchemas, Service, ServiceSchema, ServiceSettingSchema } from "moleculer";
import type { Registry } from "prom-client";
import { errorMessage } from "../../config/errors.ts";

export interface MetricDefinition { type: string; help: string; labelNames?: string[]; buckets?: number[] }
interface PackageSettings extends ServiceSettingSchema { metrics: Record<string, MetricDefinition> }
/** What its methods need to find on the service. */
export interface MeshGaugesState { client: unknown; register: Registry | undefined; counting: NodeJS.Timeout | undefined; metrics: Record<string, { reset(): void } | undefined> | undefined }
export interface MeshGaugesMethods {
  createMetrics(definitions: Record<string, MetricDefinition>): void;
  updateCommonValues(): Promise<void>;
  update(name: string, method: "inc" | "set" | "observe", labels: Record<string, string | number> | null, value?: number): void;
}

/** What is counted of calls the package would hash anew for each; see `call-families.ts`. */
const OF_CALLS = /^moleculer_req_/;

/** Have a series for each node, service, action or event. */
const PER_MEMBER = ["moleculer_nodes", "moleculer_service_endpoints_total", "moleculer_action_endpoints_total", "moleculer_event_endpoints_total"];
const UNSENT_EVENT = "metrics.trace.span.finish";

/** A node that joins changes the mesh with each of its services; what is counted of it anew each time takes 5 ms. */
const CHANGES_MS = 500;

const { settings, events = {}, methods = {} } = parseSchema(createRequire(import.meta.url)("moleculer-prometheus"));
const sentEvents: EventSchemas = { ...events };
delete sentEvents[UNSENT_EVENT];
for (const change of ["$services.changed", "$node.connected", "$node.disconnected"]) sentEvents[change] = countSoon;

export const metricDefinitions: Record<string, MetricDefinition> = Object.fromEntries(Object.entries(settings?.metrics ?? {}).filter(([name]) => !OF_CALLS.test(name)));
export const meshGauges: Partial<ServiceSchema> = { events: sentEvents, methods };

function countSoon(this: MeshGaugesState & MeshGaugesMethods & Pick<Service, "logger">): void {
  this.counting ??= setTimeout(() => {
    this.counting = undefined;
    forgetGone(this.metrics);
    this.updateCommonValues().catch((error: unknown) => this.logger.debug(`What is in the mesh is counted with its next change: ${errorMessage(error)}`));
  }, CHANGES_MS).unref();
}

/** The package sets what there is, and keeps what there was: a node each rollout, a service without nodes at its last count. */
function forgetGone(metrics: MeshGaugesState["metrics"]): void {
  for (const name of PER_MEMBER) metrics?.[name]?.reset();
}

function parseSchema(schema: unknown): ServiceSchema<PackageSettings> {
  return schema as ServiceSchema<PackageSettings>;
}
