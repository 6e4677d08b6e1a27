/**
 * gateway: the mesh's HTTP door. It checks form, passes on, and answers; it decides nothing about videos and keeps
 * nothing but the connections of its own clients. Any number may run.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { linkKeys } from "../../config/access/link-keys.ts";
import { networkOf, type Network } from "../../config/access/link-token.ts";
import { passports } from "../../config/access/passports.ts";
import { loadConfig, type Config } from "../../config/config.ts";
import { errorMessage } from "../../config/errors.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { openPseudonyms } from "../../config/pseudonym.ts";
import { RATES } from "../../config/rates.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { closeListener, listen } from "../../mixins/http-listener.ts";
import { nodeState } from "../../mixins/node-state.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import type { OverviewAnswer, OverviewParams } from "../operator/overview.contract.ts";
import type { VideoEvent, VideoEventPayload, VideoView } from "../videos/videos.contract.ts";
import { keySubject, type AccessChanged, type AuthenticateParams, type AuthenticateResult } from "../access/access.contract.ts";
import { everybody, openCallers, type Callers } from "./access/callers.ts";
import { openConnections, type Connections } from "./connections.ts";
import { openEventStreams, type EventStreams } from "./events-stream.ts";
import { openOpsStreams, type OpsStreams } from "./ops-stream.ts";
import type { Route } from "./exchange.ts";
import { loadAssets, type Assets } from "./pages.ts";
import { clientAddresses } from "./limits/client-address.ts";
import { openRateLimits, type RateLimits } from "./limits/rate-limits.ts";
import { regionCounts } from "./limits/region-counts.ts";
import { openThrottle } from "./limits/throttle.ts";
import { openLinkCallers } from "./links/link-callers.ts";
import { takeToken } from "./links/link-path.ts";
import { openReadiness } from "./ready.ts";
import { nameRequest } from "./request-ids.ts";
import { regionGuideOf } from "./regions/region-guide.ts";
import { gatewayRoutes } from "./routes.ts";
import { openWebListener, type WebListener } from "./web-listener.ts";
import type { Door } from "./access/door.ts";
import { webServer, webServerSettings } from "./web-server.ts";

interface Settings extends ServiceSettingSchema, Pick<GatewaySettings, "httpHost" | "httpPort" | "publicUrl" | "sourceMaxBytes" | "access"> {}
interface State { metrics: MetricWriter<"gateway">; assets: Promise<Assets>; accessCallers: Callers | undefined; streams: EventStreams | undefined; ops: OpsStreams | undefined; listener: WebListener | undefined; connections: Connections | undefined; redis: Redis | undefined; limits: RateLimits | undefined; httpUrl: string; answerAtHand(req: IncomingMessage, res: ServerResponse): boolean }
interface Methods {
  serveRoutes(routes: readonly Route[], door: Door): void;
  httpHandler(req: IncomingMessage, res: ServerResponse): Promise<void>;
}
export interface GatewaySettings extends Pick<Config, "httpHost" | "httpPort" | "publicUrl" | "sourceMaxBytes" | "access">, Partial<Pick<Config, "tls" | "meshSecret" | "namespace" | "regions" | "redisUrl" | "rates" | "trustedProxies" | "corsOrigins" | "visibility" | "linkKeys" | "linkMaxSec" | "pseudonymKey">> {}

const CHECK_TIMEOUT_MS = 2_000;
const DAY_SEC = 86_400;

/** Without `redisUrl` a node counts by itself what is asked of it. */
export function gatewayService({
  httpHost, httpPort, publicUrl, sourceMaxBytes, access, tls, meshSecret, pseudonymKey, namespace = "", regions, redisUrl, rates = RATES, trustedProxies = [], corsOrigins = [],
  visibility = "public", linkKeys: givenKeys, linkMaxSec = DAY_SEC,
}: GatewaySettings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "gateway",
    settings: { ...webServerSettings, httpHost, httpPort, publicUrl, sourceMaxBytes, access },
    mixins: [webServer],
    actions: {
      // moleculer-web's own: they would let any node of the mesh rewrite our routes
      listAliases: false,
      addRoute: false,
      removeRoute: false,
    },
    events: {
      "access.changed"(ctx: Context<AccessChanged>) {
        this.accessCallers?.forget(keySubject(ctx.params.id));
        this.ops?.recheck();
      },
      "video.changed"(ctx: Context<VideoEventPayload>) {
        this.streams?.wake(ctx.params.videoId);
      },
    },
    created() {
      this.metrics = registerMetrics(this.broker, "gateway");
      this.assets = loadAssets(); // while the node looks for its mesh
      this.assets.catch(() => undefined); // `started` says it
    },
    async started() {
      const { broker, logger } = this;
      this.streams = openEventStreams({
        view: (id) => broker.call<VideoView, object>("videos.get", { id }),
        events: async (id, after) => (await broker.call<{ events: VideoEvent[] }, object>("videos.events", { id, ...(after === undefined ? {} : { after }) })).events,
        onOpen: (res) => this.connections?.setAside(res),
        onFault: (error) => logger.debug("events:", errorMessage(error)),
      });
      const ops = openOpsStreams({
        look: (after) => broker.call<OverviewAnswer, OverviewParams>("operator.overview", after === undefined ? {} : { after }, { timeout: CHECK_TIMEOUT_MS * 2, retries: 0 }),
        onFault: (error) => logger.debug("ops:", errorMessage(error)),
      });
      this.ops = ops;
      const readiness = openReadiness({
        runningServices: async () => new Set((await broker.call<{ name: string }[], object>("$node.services", { onlyAvailable: true, skipInternal: true })).map(({ name }) => name)),
        check: (action) => broker.call(action, {}, { timeout: CHECK_TIMEOUT_MS, retries: 0 }),
        node: nodeState(broker),
        now: () => performance.now(),
      });
      this.redis = redisUrl === undefined ? undefined : await openRedis(redisUrl, logger);
      const secret = pseudonymKey ?? meshSecret; // without one, pseudonyms are a process' own, and nodes could not count together
      const pseudonyms = openPseudonyms(secret, namespace);
      const nameless = secret === undefined ? undefined : (who: string): string => pseudonyms.of("address", who);
      this.limits = openRateLimits(rates, this.redis === undefined ? undefined : regionCounts(this.redis, redisKeys(namespace)), (error) => logger.debug("What was asked is not counted with the region:", errorMessage(error)), nameless);
      const addressOf = clientAddresses(trustedProxies);
      const throttle = openThrottle({
        limits: this.limits, addressOf,
        onLimit: (rate) => this.metrics.count("lectern_requests_limited_total", { rate }),
        onStrangeProxy: (address) => logger.warn(`Requests come through a proxy at ${address}, which LECTERN_TRUSTED_PROXIES does not name: all that it brings count as one client's.`),
      });
      this.accessCallers = access === "open" ? everybody() : openCallers({
        authenticate: async (credential) => (await broker.call<AuthenticateResult, AuthenticateParams>("access.authenticate", { credential }, { timeout: CHECK_TIMEOUT_MS })).caller,
        passports: passports(meshSecret, namespace), throttle,
      });
      const callers = this.accessCallers;
      const keys = linkKeys({ linkKeys: givenKeys, meshSecret, namespace });
      const findNetwork = (req: IncomingMessage): Network | undefined => networkOf(addressOf(req));
      this.serveRoutes(gatewayRoutes({
        publicUrl: this.settings.publicUrl, sourceMaxBytes: this.settings.sourceMaxBytes, nodeId: broker.nodeID, streams: this.streams, readiness, guide: regionGuideOf(broker, regions), assets: await this.assets,
        visibility, links: { keys, maxSec: linkMaxSec, findNetwork }, addressOf,
        ops: {
          follow: async ({ req }, res, after) => {
            this.connections?.setAside(res);
            await ops.open(res, after, () => callers.admit(req, "mesh.watch"));
          },
        },
      }), { callers, links: openLinkCallers({ keys, passports: passports(meshSecret, namespace), findNetwork }), throttle, addressOf, isOurs: (origin) => corsOrigins.includes(origin.toLowerCase()) });
      this.listener = await openWebListener(tls, (req, res) => {
        takeToken(req);
        if (this.answerAtHand(req, res)) return;
        nameRequest(req, res);
        void this.httpHandler(req, res);
      }, logger);
      const { server } = this.listener;
      this.connections = openConnections(server, nodeState(broker), {
        moveStreams: () => this.streams?.moveAll(), // who watches the mesh may be draining it just now
        endStreams: () => {
          this.streams?.close();
          this.ops?.close();
        },
        onSent: (bytes) => this.metrics.add("lectern_http_sent_bytes_total", bytes),
      });
      const { url } = await listen(server, this.settings.httpHost, this.settings.httpPort);
      this.httpUrl = url;
      logger.info(`listening on ${url}`);
    },
    async stopped() {
      this.streams?.close(); // absent when started() failed, as may be the others
      this.ops?.close();
      this.connections?.close();
      this.listener?.close();
      await closeListener(this.listener?.server);
      await this.limits?.close();
      closeRedis(this.redis);
    },
  };
  return schema;
}

export default gatewayService(loadConfig(process.env));
