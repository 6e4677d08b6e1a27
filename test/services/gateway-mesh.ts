/** The gateway on a real port, over services that answer from memory. A test changes `fakes` to stage what it needs. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { expect } from "chai";
import { ServiceBroker, type Context } from "moleculer";
import { passports } from "../../config/access/passports.ts";
import { accessGuard } from "../../config/middlewares/access-guard.ts";
import { requestMetrics } from "../../config/middlewares/request-metrics.ts";
import type { Caller } from "../../config/access/permissions.ts";
import { fail } from "../../config/errors.ts";
import type { AuthenticateParams, AuthenticateResult } from "../../services/access/access.contract.ts";
import { gatewayService, type GatewaySettings } from "../../services/gateway/gateway.service.ts";
import { operatorService } from "../../services/operator/operator.service.ts";
import type { License, LicenseParams } from "../../services/delivery/delivery.contract.ts";
import type { QueueReport } from "../../services/scheduler/scheduler.contract.ts";
import { metricsService } from "../../services/metrics/metrics.service.ts";
import type { SegmentAnswer } from "../../mixins/segment-answer.ts";
import type { SegmentParams } from "../../services/cache/cache.contract.ts";
import type { SubmitParams, VideoEvent, VideoView } from "../../services/videos/videos.contract.ts";
import { openHistory, type History } from "../support/history.ts";

export const VIDEO_ID = "01arz3ndektsv4rrffq69g5fav";
export const UPLOAD_ID = "01arz3ndektsv4rrffq69g5fax";
export const OTHER_ID = "01arz3ndektsv4rrffq69g5faw";

export interface Fakes {
  videos: Map<string, VideoView>;
  events: Map<string, VideoEvent[]>;
  submitted: SubmitParams[];
  eventReads: number;
  master(id: string): Promise<string>;
  media(id: string, rendition: string): Promise<string>;
  segment(asked: { id: string; rendition: string; segment: SegmentParams["segment"]; waiter?: string }): Promise<SegmentAnswer>;
  /** Waiters who left. */
  left: History<string>;
  /** Called for each chunk of an upload; resolves when the next may come. */
  received(bytes: Uint8Array): Promise<void>;
  failing: Set<string>;
  /** Orders to the scheduler and to nodes. */
  orders: [string, object][];
  /** Whether a tenant may post; throws when not. */
  admit(tenant: string): void;
}

const LANE = { waiting: 0, active: 0, failed: 0, paused: false };
export const QUEUE: QueueReport = { lanes: { play: LANE, normal: { ...LANE, waiting: 2, oldestMs: 900 }, bulk: { ...LANE, failed: 1 } }, tenants: [{ tenant: "default", waiting: 2, running: 0, cost: 3 }], totals: { added: 3 }, paceMs: 200 };

export interface GatewayMesh { broker: ServiceBroker; url: string; fakes: Fakes; stop(): Promise<void> }

export function videoView(id: string, changes: Partial<VideoView> = {}): VideoView {
  return { id, status: "ready", createdAt: "2026-01-01T00:00:00.000Z", source: { kind: "url", url: "https://media.example/lecture.mp4" }, visibility: "public", policy: "hybrid", protection: "none", priority: "normal", labels: {}, ...changes };
}

/** @param settings the gateway's own @param callers whose each credential is: keys are asked for then */
export async function startGatewayMesh({ publicUrl, callers, ...settings }: { publicUrl?: string; callers?: (credential: string) => Caller | null } & Partial<Pick<GatewaySettings, "tls" | "redisUrl" | "rates" | "trustedProxies" | "corsOrigins">> = {}): Promise<GatewayMesh> {
  const fakes: Fakes = {
    videos: new Map([[VIDEO_ID, videoView(VIDEO_ID)]]),
    events: new Map(),
    submitted: [],
    eventReads: 0,
    master: async () => "#EXTM3U\n",
    media: async () => "#EXTM3U\n#EXT-X-ENDLIST\n",
    segment: async ({ segment }) => ({ bytes: Buffer.from(`segment ${segment}`), tier: "memory" }),
    left: openHistory(),
    received: async () => undefined,
    failing: new Set(),
    orders: [],
    admit: () => undefined,
  };
  const find = (id: string): VideoView => {
    const video = fakes.videos.get(id);
    if (video === undefined) throw fail("video_not_found", "There is no such video.");
    return video;
  };
  const order = (name: string) => (ctx: Context<object>): void => { fakes.orders.push([name, ctx.params]); };
  const check = (name: string) => (): string => {
    if (fakes.failing.has(name)) throw fail("not_ready", "staged");
    return "ok";
  };
  const broker = new ServiceBroker({ nodeID: "gateway-1", logger: false, metrics: true, requestTimeout: 5_000, tracking: { enabled: true, shutdownTimeout: 3_000 }, middlewares: [accessGuard(passports(undefined, "")), requestMetrics] });
  broker.createService({
    name: "videos",
    actions: {
      submit(ctx: Context<SubmitParams>) {
        fakes.submitted.push(ctx.params);
        return videoView(VIDEO_ID, { status: "submitted", source: ctx.params.source, ...(ctx.params.title === undefined ? {} : { title: ctx.params.title }) });
      },
      get: (ctx: Context<{ id: string }>) => find(ctx.params.id),
      list: (ctx: Context<{ limit?: number; cursor?: string }>) => {
        if (ctx.params.cursor === "broken") throw fail("bad_request", "cursor is not one that a list gave.");
        return { videos: [...fakes.videos.values()].slice(0, ctx.params.limit ?? 20), next: "more" };
      },
      history: (ctx: Context<{ id: string }>) => {
        const { id, status, createdAt } = find(ctx.params.id);
        return { id, status, createdAt, moments: {} };
      },
      remove(ctx: Context<{ id: string }>) {
        find(ctx.params.id);
        fakes.videos.delete(ctx.params.id);
      },
      events(ctx: Context<{ id: string; after?: string }>) {
        fakes.eventReads++;
        const all = fakes.events.get(ctx.params.id) ?? [];
        return { events: all.slice(all.findIndex(({ id }) => id === ctx.params.after) + 1) };
      },
    },
  });
  broker.createService({
    name: "source",
    actions: {
      check(ctx: Context<{ url: string }>) {
        if (!URL.canParse(ctx.params.url)) throw fail("bad_url", "This is not a URL.");
        const url = new URL(ctx.params.url);
        if (url.hostname === "10.0.0.1") throw fail("source_refused", "The address is private.");
        url.hash = "";
        return { url: url.href };
      },
      upload(ctx: Context<{ uploadId: string }>) {
        if (ctx.params.uploadId !== UPLOAD_ID) throw fail("upload_not_found", "There is no such upload.");
        return { uploadId: UPLOAD_ID, size: 3, sha256: "00", createdAt: "2026-01-01T00:00:00.000Z" };
      },
      async receive(ctx: Context<{ bytes?: number }>) {
        const hash = createHash("sha256");
        let size = 0;
        for await (const chunk of ctx.stream as Readable) {
          if ((ctx.params.bytes ?? 0) > 1e9) throw fail("source_too_large", "The upload is over the limit.");
          hash.update(chunk);
          size += chunk.length;
          await fakes.received(chunk);
        }
        return { uploadId: UPLOAD_ID, size, sha256: hash.digest("hex"), createdAt: "2026-01-01T00:00:00.000Z" };
      },
    },
  });
  broker.createService({
    name: "delivery",
    actions: {
      master: (ctx: Context<{ id: string }>) => fakes.master(find(ctx.params.id).id),
      media: (ctx: Context<{ id: string; rendition: string }>) => fakes.media(find(ctx.params.id).id, ctx.params.rendition),
      segment: (ctx: Context<Parameters<Fakes["segment"]>[0]>) => fakes.segment(ctx.params),
      left(ctx: Context<{ waiter: string }>) { fakes.left.add(ctx.params.waiter); },
      manifest: (ctx: Context<{ id: string }>) => `<MPD id="${find(ctx.params.id).id}"/>`,
      keyFrames: (ctx: Context<{ rendition: string }>) => `#EXTM3U keys of ${ctx.params.rendition}`,
      keyFrame: (ctx: Context<{ rendition: string; segment: number }>) => Buffer.from(`key ${ctx.params.segment} of ${ctx.params.rendition}`),
      captionPlaylist: (ctx: Context<{ name: string }>) => `#EXTM3U captions ${ctx.params.name}`,
      captions: (ctx: Context<{ name: string }>) => Buffer.from(`WEBVTT ${ctx.params.name}`),
      contentKey: (ctx: Context<{ id: string }>) => Buffer.alloc(16, find(ctx.params.id).id),
      license: (ctx: Context<LicenseParams>): License => ({ keys: ctx.params.keyIds.map((kid) => ({ kty: "oct", kid, k: find(ctx.params.id).id })), type: "temporary" }),
    },
  });
  broker.createService({ name: "scheduler", actions: {
    report: () => QUEUE, jobs: () => [], dead: () => [], story: () => null, check: check("scheduler.check"),
    admit: (ctx: Context<{ tenant: string }>) => fakes.admit(ctx.params.tenant),
    retry: order("retry"), cancel: order("cancel"), pause: order("pause"), resume: order("resume"),
  } });
  broker.createService({ name: "storage", actions: { check: check("storage.check") } });
  broker.createService({ name: "transcoder", actions: { check: check("transcoder.check") } });
  broker.createService(operatorService());
  broker.createService({ name: "validator" });
  broker.createService({ name: "access", actions: { authenticate: (ctx: Context<AuthenticateParams>): AuthenticateResult => ({ caller: callers?.(ctx.params.credential) ?? null }), listKeys: () => ({ keys: [] }) } });
  broker.createService({ name: "cache" });
  broker.createService(metricsService({ metricsHost: "127.0.0.1", metricsPort: 0 }));
  const service = broker.createService(gatewayService({ httpHost: "127.0.0.1", httpPort: 0, publicUrl, sourceMaxBytes: 2 ** 30, access: callers === undefined ? "open" : "keys", ...settings }));
  try {
    await broker.start();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return { broker, fakes, url: (service as unknown as { httpUrl: string }).httpUrl, stop: () => broker.stop() };
}

/** @returns the problem that is answered */
export async function expectProblem(answer: Response, code: string, detail?: RegExp): Promise<Record<string, unknown>> {
  const problem = await answer.json() as Record<string, unknown>;
  expect(problem["code"], JSON.stringify(problem)).to.equal(code);
  expect(answer.headers.get("content-type")).to.equal("application/problem+json");
  expect(problem).to.include.keys("type", "title", "status", "detail", "requestId");
  expect(answer.status).to.equal(problem["status"]);
  expect(answer.headers.get("x-request-id")).to.equal(problem["requestId"]);
  if (detail !== undefined) expect(problem["detail"]).to.match(detail);
  return problem;
}
