/**
 * webhooks: tells endpoints that users name what happens to their videos, and operators what fails. Endpoints and messages that
 * are on their way are objects in the store; when each is due, Redis says. Any number may run.
 */
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config } from "../../config/config.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { systemClock, type Clock } from "../../mixins/clock.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { parseAllowedOrigins } from "../../mixins/guarded-dial/public-url.ts";
import { dnsResolver, type ResolveHost } from "../../mixins/guarded-dial/resolve-host.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { takeLock } from "../../mixins/redis-lock.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import type { ErrorNews } from "../errors/errors.contract.ts";
import type { VideoEventPayload } from "../videos/videos.contract.ts";
import { openCourier, type Courier } from "./courier.ts";
import { openDeliveryLog } from "./delivery-log.ts";
import { openDispatch } from "./dispatch.ts";
import { openDueDeliveries } from "./due-deliveries.ts";
import { endpointActions, type EndpointPorts } from "./endpoint-actions.ts";
import { endpointStore } from "./endpoint-store.ts";
import { openEndpoints, type Endpoints } from "./endpoints.ts";
import { errorMessageOf } from "./messages.ts";
import { openOutbox } from "./outbox.ts";
import { openPoster, type Poster } from "./post-message.ts";
import { openSweep, type Sweep } from "./sweep.ts";
import { recentVideos, tellOfVideo } from "./tell-of-video.ts";
import type { EventType, WebhooksChanged } from "./webhooks.contract.ts";

export type WebhooksSettings = Pick<Config, "redisUrl" | "namespace" | "region" | "webhookAllow">;
interface State extends EndpointPorts { redis: Redis; endpoints: Endpoints; poster: Poster; courier: Courier; sweep: Sweep }
interface Settings extends ServiceSettingSchema { namespace: string }
interface Methods { tell(videoId: string, type: EventType): Promise<void> }
/** What tests replace. */
export interface WebhooksPorts { resolve?: ResolveHost; clock?: Clock; attemptMs?: number; leaseMs?: number }

const DNS_MS = 5_000;
const ATTEMPT_MS = 15_000;
/** Longer than an attempt, and what is written down of it. */
const LEASE_MS = 60_000;

export function webhooksService({ redisUrl, namespace, region, webhookAllow }: WebhooksSettings, { resolve = dnsResolver(DNS_MS), clock = systemClock, attemptMs = ATTEMPT_MS, leaseMs = LEASE_MS }: WebhooksPorts = {}) {
  const allowed = parseAllowedOrigins(webhookAllow);
  const of = (type: EventType) => async function heard(this: { tell: Methods["tell"] }, ctx: Context<VideoEventPayload>): Promise<void> {
    await this.tell(ctx.params.videoId, type);
  };
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "webhooks",
    settings: { namespace },
    dependencies: ["storage"],
    actions: endpointActions({ allowed, resolve }),
    events: {
      "webhooks.changed"() {
        this.endpoints?.forget(); // undefined: not started yet
      },
      "video.planned": of("video.ready"),
      "video.complete": of("video.complete"),
      "video.rejected": of("video.rejected"),
      "video.failed": of("video.failed"),
      "video.deleted": of("video.deleted"),
      "video.screened": of("video.blocked"),
      "video.reviewed": of("video.blocked"),
      async "error.opened"(ctx: Context<ErrorNews>) { await this.dispatch.tell(errorMessageOf("error.opened", ctx.params), undefined); },
      async "error.regressed"(ctx: Context<ErrorNews>) { await this.dispatch.tell(errorMessageOf("error.regressed", ctx.params), undefined); },
    },
    methods: {
      async tell(videoId: string, type: EventType): Promise<void> {
        await tellOfVideo(this.broker, this.endpoints, this.dispatch, videoId, type);
      },
    },
    async started() {
      const { broker, logger } = this;
      const storage = storageCalls(broker);
      const keys = redisKeys(namespace);
      this.redis = await openRedis(redisUrl, logger);
      this.store = endpointStore(storage, logger);
      this.endpoints = openEndpoints(this.store, logger);
      this.outbox = openOutbox(storage);
      this.due = openDueDeliveries(this.redis, keys, leaseMs);
      this.log = openDeliveryLog(this.redis, keys);
      this.poster = openPoster({ allowed, resolve, attemptMs });
      this.courier = openCourier({
        due: this.due, outbox: this.outbox, log: this.log, endpoints: this.endpoints, poster: this.poster, clock, logger,
        disable: async (endpoint, why) => {
          await this.store.disable(endpoint, why);
          announceToAll(broker, "webhooks.changed", { id: endpoint.record.id } satisfies WebhooksChanged);
          logger.warn(`Webhook ${endpoint.record.id} gets no more messages until it is enabled: ${why === "gone" ? "it answered 410" : "nothing arrived there for three days"}.`);
        },
      });
      const look = (): void => this.courier.look();
      this.dispatch = openDispatch({ endpoints: this.endpoints, outbox: this.outbox, due: this.due, log: this.log, look, logger });
      this.sweep = openSweep({
        outbox: this.outbox, store: this.store, due: this.due, endpoints: this.endpoints, dispatch: this.dispatch, look, clock, logger,
        videos: (sinceMs) => recentVideos(broker, region, sinceMs), lock: () => takeLock(this.redis, keys.webhooksSweep, broker.nodeID, logger),
      });
    },
    async stopped() {
      await this.sweep?.close(); // these are absent when started() failed
      await this.courier?.close();
      await this.poster?.close();
      closeRedis(this.redis);
    },
  };
  return schema;
}

export default webhooksService(loadConfig(process.env));
