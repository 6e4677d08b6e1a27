/** Moleculer's options for a node of the mesh. Every default that is changed here is changed on purpose. */
import { Errors, type BrokerOptions } from "moleculer";
import { busSeal } from "./bus-seal.ts";
import type { Config } from "./config.ts";
import { passports } from "./access/passports.ts";
import { knownSecrets } from "./logging/known-secrets.ts";
import { LineLogger } from "./logging/line-logger.ts";
import { openScrub } from "./logging/scrub.ts";
import { accessGuard } from "./middlewares/access-guard.ts";
import { auditTrail } from "./middlewares/audit-trail.ts";
import { failureReports } from "./middlewares/failure-reports.ts";
import { failover } from "./middlewares/failover.ts";
import { loadReports } from "./middlewares/load-reports.ts";
import { meshMetrics } from "./middlewares/mesh-metrics.ts";
import { meshPatience } from "./middlewares/mesh-patience.ts";
import { natsPermissions } from "./middlewares/nats-permissions.ts";
import { protocolGuard } from "./middlewares/protocol-guard.ts";
import { requestScopes } from "./middlewares/request-scopes.ts";
import { requestMetrics } from "./middlewares/request-metrics.ts";
import { openTraces } from "./middlewares/traces.ts";
import { stockMiddlewares } from "./middlewares/stock.ts";
import { sealedBus } from "./middlewares/sealed-bus.ts";
import { LazyValidator } from "./lazy-validator.ts";
import { natsConnection } from "./nats-connection.ts";
import { PLACEMENT } from "./placement/placement-strategy.ts";
import { PROTOCOL } from "./protocol.ts";
import { newSpanId } from "./requests/request-id.ts";

/** `serviceChangedDebounceTime`: a new node is seen after 55 ms instead of 1 s. Moleculer's types do not know it. */
const TRANSIT = { maxQueueSize: 50_000, serviceChangedDebounceTime: 50 };

/** @param protocol another than this version's, for tests */
export function brokerOptions(config: Config, protocol = PROTOCOL): BrokerOptions {
  const scrub = openScrub(knownSecrets(process.env));
  const traced = openTraces(config, scrub);
  return {
    namespace: config.namespace,
    nodeID: config.nodeId,
    metadata: { region: config.region, services: config.services, protocol },
    transporter: config.natsUrl === undefined ? null : {
      type: "NATS",
      options: { ...natsConnection(config.natsUrl, config.nats), name: `${config.namespace}/${config.nodeId}` },
    },
    uidGenerator: newSpanId,
    validator: new LazyValidator(),
    serializer: "CBOR", // Buffers stay Buffers, at nine times JSON's speed
    logger: new LineLogger({ level: config.logLevel, format: config.logFormat, region: config.region, scrub, colors: process.stdout.isTTY === true }),
    registry: { strategy: PLACEMENT, preferLocal: false }, // the strategy itself prefers the own node, except for what has its place
    heartbeatInterval: 1, // a killed node is noticed after 2 to 3 s; shorter beats are rounded away
    heartbeatTimeout: 2,
    requestTimeout: 15_000, // Moleculer's own is none at all
    retryPolicy: { enabled: true, retries: 3, delay: 50, maxDelay: 500, factor: 2, check: isRetryable },
    circuitBreaker: { enabled: true, threshold: 0.5, minRequestCount: 20, windowTime: 30, halfOpenTime: 3_000, check: isNodeFault },
    tracking: { enabled: true, shutdownTimeout: 20_000 }, // SIGTERM waits for the work in flight
    transit: TRANSIT,
    dependencyInterval: 50, // services that wait for each other are up within 0.1 s of each other, not 1 s
    metrics: { enabled: true, collectProcessMetrics: false }, // prom-client has them
    replOptions: { delimiter: "lectern$" },
    // Of actions the first is next to the handler.
    middlewares: [auditTrail(), accessGuard(passports(config.meshSecret, config.namespace)), ...(config.natsUrl === undefined ? [] : [sealedBus(config.meshSecret === undefined ? undefined : busSeal(config.meshSecret, config.namespace))]), requestMetrics, failureReports, loadReports, failover, requestScopes(traced?.tracer), ...(traced === undefined ? [] : [traced.traces]), protocolGuard(protocol), ...(config.natsUrl === undefined ? [] : [meshPatience(config.natsUrl, config.startWaitMs), natsPermissions, meshMetrics]), ...stockMiddlewares],
    internalMiddlewares: false, // they are among those above
  };
}

/** What Moleculer hands to the checks below: any error, ours or its own. */
type Failure = Error & { retryable?: boolean };

function isRetryable(error: Failure): boolean {
  return error.retryable === true;
}

/** Only a node that does not answer opens its circuit: what a bad source makes fail is no fault of the node. */
function isNodeFault(error: Failure): boolean {
  return error instanceof Errors.RequestTimeoutError || error instanceof Errors.RequestRejectedError;
}
