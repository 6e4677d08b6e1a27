/** A scheduler over a store in memory, and beside it videos, a source and a validator whose calls a test reads. */
import type { Redis } from "ioredis";
import type { Context, ServiceBroker } from "moleculer";
import { redisKeys, type RedisKeys } from "../../config/redis-keys.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { schedulerService } from "../../services/scheduler/scheduler.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { ChunkParams, Lane } from "../../services/transcoder/transcoder.contract.ts";
import type { Policy, Priority, Protection, VideoState } from "../../services/videos/videos.contract.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { openHistory, type History } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted, stagedFacts, stagedPlan } from "../support/staged-plan.ts";

export const ID = "01arz3ndektsv4rrffq69g5fav";
export const SECONDS = 200;
export const PLAN = stagedPlan(SECONDS);
export const COUNT = PLAN.boundaries.length - 1;

export interface Call { action: string; params: { id: string } & Record<string, unknown> }

export function state(id: string, changes: Partial<Omit<VideoState, "record">> & { policy?: Policy; priority?: Priority; createdAt?: string; protection?: Protection } = {}): VideoState {
  const { policy = "hybrid", priority = "normal", createdAt = "2026-01-01T00:00:00.000Z", protection, ...rest } = changes;
  return { record: { id, createdAt, source: sourceAt("https://media.example/a.mp4"), policy, ...(protection === undefined ? {} : { protection }), priority, labels: {}, identity: "a", claim: "c", request: "r" }, deleted: false, ...rest };
}

export const planned = (changes: Parameters<typeof state>[1] = {}): VideoState => state(ID, { verdict: accepted(stagedFacts(SECONDS)), plan: PLAN, ...changes });

export interface SchedulerMesh {
  /** Not started yet. */
  broker: ServiceBroker;
  store: ReturnType<typeof memoryStore>;
  states: Map<string, VideoState>;
  calls: History<Call>;
  /** How far the upload has come; `bytes` undefined: it is finished. */
  arriving: { bytes?: number | undefined; failure?: Error };
  keys: RedisKeys;
  called(action: string): Call[];
  feed(): Promise<void>;
  /** The work that waits in a lane, first come first. */
  queued(lane: Lane): Promise<ChunkParams[]>;
  storeSegments(rendition: string, first: number, end: number): Promise<void>;
}

export async function schedulerMesh(redis: Redis): Promise<SchedulerMesh> {
  const namespace = freshNamespace();
  const keys = redisKeys(namespace);
  const store = memoryStore();
  const states = new Map<string, VideoState>();
  const calls = openHistory<Call>();
  const broker = quietBroker();
  const note = (action: string) => (ctx: Context<Call["params"]>): void => calls.add({ action, params: ctx.params });
  broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
  broker.createService({
    name: "videos",
    actions: {
      state: (ctx: Context<{ id: string }>) => states.get(ctx.params.id) ?? null,
      get: (ctx: Context<{ id: string }>) => ({ id: ctx.params.id, status: "ready", progress: { stage: "encoding", storedSegments: 0, plannedSegments: 0 } }),
      reopen(ctx: Context<Call["params"]>): void {
        note("reopen")(ctx);
        const { outcome: _, ...open } = states.get(ctx.params.id) ?? planned();
        states.set(ctx.params.id, open);
      },
      planned: note("planned"), finish: note("finish"), noteProgress: note("noteProgress"), relist: note("relist"), tidy: note("tidy"),
    },
  });
  const arriving: SchedulerMesh["arriving"] = {};
  broker.createService({
    name: "source",
    actions: {
      open() {
        if (arriving.failure !== undefined) throw arriving.failure;
        return { size: PLAN.facts.size, version: "v1", ...(arriving.bytes === undefined ? {} : { arrived: arriving.bytes }) };
      },
    },
  });
  broker.createService({ name: "validator", actions: { validate: note("validate") } });
  broker.createService(schedulerService({ redisUrl: (await sharedRedis()).url, namespace, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxWaiting: 1_000, weights: {} } }));
  return {
    broker, store, states, calls, arriving, keys,
    called: (action) => calls.all.filter((call) => call.action === action),
    feed: () => broker.call("scheduler.feed", { id: ID }),
    async queued(lane) {
      const jobs = await openWorkQueue<ChunkParams>({ redis, prefix: keys.queuePrefix }).jobsOf(ID);
      const waiting = jobs.filter((job) => job.lane === lane && job.state === "waiting");
      const ids = await redis.zrange(`${keys.queuePrefix}:wait:${lane}:default`, 0, -1);
      return waiting.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)).map((job) => job.data);
    },
    async storeSegments(rendition, first, end) {
      for (let n = first; n < end; n++) await store.put(`videos/${ID}/media/${rendition}/${n}.m4s`, Buffer.from("x"));
    },
  };
}

/** How many segments of a rendition the chunks have. */
export const lengthOf = (chunks: readonly ChunkParams[], rendition: string): number => chunks.filter((chunk) => chunk.renditions.includes(rendition)).reduce((sum, { first, last }) => sum + last - first + 1, 0);
