/**
 * The region's queue of background work, in Redis. Delivery is at least once: who takes a job holds a lease, renewed
 * while the work goes on; a lease that ends gives the job to another, and its token is worth nothing from then on.
 * Tenants share by weight in the cost of their work (start-time fair queueing), a tenant's lanes likewise; within one it
 * goes by priority, then by age. All of it can be lost: what is to be done is in the object store.
 */
import type { Redis } from "ioredis";
import type { Cause } from "../../config/tracing/span.ts";
import { causeOf } from "../../config/requests/request-scope.ts";
import { queueScripts } from "./queue-scripts.ts";
import { readStory } from "./group-story.ts";
import type { GroupStory, JobView, Lease, NewJob, QueueCounts, QueueLane, TenantLoad, WorkClass } from "./work-queue.contract.ts";
import { QUEUE_LANES } from "./work-queue.contract.ts";

export interface WorkQueueOptions {
  redis: Redis;
  /** Of all keys. */
  prefix: string;
  /** Jobs of a tenant that may wait in a lane. */
  maxWaiting?: number;
  /** Jobs in the background that may run at once for a tenant. */
  maxRunning?: number;
  /** Of a tenant against the others, 1 where it is not named. */
  weights?: Readonly<Record<string, number>>;
  /** What `normal` work gets against one of `bulk`, within a tenant. */
  normalShare?: number;
  leaseMs?: number;
  /** ms; Redis' own clock when absent. */
  now?: () => number;
}

export const LEASE_MS = 6_000;
const MAX_WAITING = 20_000;
const NO_LIMIT = 1_000_000;
const NORMAL_SHARE = 8;
/** Faults a job may have, and deaths of nodes that run it, before it is set aside. */
const MAX_ATTEMPTS = 5;
const MAX_STALLS = 4;
/** Jobs in one script: Redis does nothing else meanwhile. */
const BATCH = 200;
/** Waits before another attempt: this, then twice as long each time. */
const BACKOFF_MS = 1_000;
const AWAY_MS = 5_000;
/** Whoever is away for so long counts as gone, and attempts are counted. */
const AWAY_LIMIT_MS = 3_600_000;
const MAX_MESSAGE = 500;

/** `coming`: like `away`, and however long it takes. */
export type FailHow = "fault" | "away" | "coming" | "back";
/** `lost`: another has the job now. `shared`: another runs it as well. */
export type FailResult = "lost" | "shared" | "again" | "dead";

export function openWorkQueue<Data>({ redis, prefix, maxWaiting = MAX_WAITING, maxRunning = NO_LIMIT, weights = {}, normalShare = NORMAL_SHARE, leaseMs = LEASE_MS, now }: WorkQueueOptions) {
  const run = queueScripts(redis, prefix, now);
  const key = (...parts: string[]): string => [prefix, ...parts].join(":");

  async function view(id: string): Promise<JobView<Data> | undefined> {
    const job = await redis.hgetall(key("job", id));
    return job["data"] === undefined ? undefined : readJob<Data>(id, job);
  }

  async function views(ids: readonly string[]): Promise<JobView<Data>[]> {
    return (await Promise.all(ids.map(view))).filter((job) => job !== undefined);
  }

  return {
    wakeChannel: key("wake"),

    /** Adds those whose ids it does not know. `refused`: over the tenant's limit; to be added again later. */
    async add(jobs: readonly NewJob<Data>[]): Promise<{ added: number; refused: number }> {
      const sum = { added: 0, refused: 0 };
      const cause = formatCause(causeOf());
      for (let first = 0; first < jobs.length; first += BATCH) {
        const batch = jobs.slice(first, first + BATCH).map(({ data, lateMs = 0, ...job }) => ({
          ...job, lateMs, cause, data: JSON.stringify(data), weight: weights[job.tenant] ?? 1, maxAttempts: MAX_ATTEMPTS, maxStalls: MAX_STALLS,
        }));
        const [added, refused] = await run<[number, number]>("add", maxWaiting, JSON.stringify(batch));
        sum.added += added;
        sum.refused += refused;
      }
      return sum;
    },

    /** The next job for `owner`, a node. `repeat`: when nothing waits, one that another node is slow at. */
    async take(owner: string, workClass: WorkClass, repeat = false): Promise<Lease<Data> | undefined> {
      const taken = await run<[string, string, string, number, string, number, QueueLane, number] | null>("take", owner, workClass, leaseMs, maxRunning, normalShare, repeat ? "1" : "0");
      if (taken === null) return undefined;
      const [id, token, data, attempts, cause, addedAt, lane, waitedMs] = taken;
      return { id, token, data: JSON.parse(data) as Data, attempts, addedAt, lane, waitedMs, ...(cause === "" ? {} : { cause: parseCause(cause) }) };
    },

    /** @returns false when the lease is lost: the work must end, and what it made is not to be published */
    async renew({ id, token }: Pick<Lease<Data>, "id" | "token">, progress: number): Promise<boolean> {
      return (await run<number>("renew", id, token, leaseMs, progress)) === 1;
    },

    /** Ends the job, whoever else runs it. @returns false when the lease is lost: it was not this one that ended it */
    async complete({ id, token }: Pick<Lease<Data>, "id" | "token">): Promise<boolean> {
      return (await run<number>("complete", id, token)) === 1;
    },

    async fail({ id, token }: Pick<Lease<Data>, "id" | "token">, how: FailHow, message = "", code = ""): Promise<FailResult> {
      return await run<FailResult>("fail", id, token, how, how === "away" || how === "coming" ? AWAY_MS : BACKOFF_MS, AWAY_LIMIT_MS, message.slice(0, MAX_MESSAGE), code);
    },

    /** Forgets all jobs of the group, or all but those that were set aside. @returns how many */
    async cancel(group: string, dead?: "keep what was set aside"): Promise<number> { return await run<number>("cancel", group, dead === undefined ? "0" : "1"); },
    /** Gives jobs of the group that were set aside another chance. @returns how many there were */
    async revive(group: string): Promise<number> { return await run<number>("revive", group); },
    /** Those of the jobs that wait come first. */
    async advance(ids: readonly string[]): Promise<number> { return ids.length === 0 ? 0 : await run<number>("advance", ...ids); },
    async pause(lane: QueueLane): Promise<void> { await run("pause", lane, "1"); },
    async resume(lane: QueueLane): Promise<void> { await run("pause", lane, "0"); },

    async counts(): Promise<QueueCounts> {
      const [counts, paused] = await Promise.all([redis.hgetall(key("counts")), redis.smembers(key("paused"))]);
      const of = (state: string, lane: string): number => Number(counts[`${state}:${lane}`] ?? 0);
      return Object.fromEntries(QUEUE_LANES.map((lane) => [lane, {
        waiting: of("waiting", lane) + of("delayed", lane), active: of("active", lane), failed: of("dead", lane), paused: paused.includes(lane),
      }])) as QueueCounts;
    },

    /** What has happened since Redis was last empty. */
    async totals(): Promise<Record<string, number>> {
      return Object.fromEntries(Object.entries(await redis.hgetall(key("totals"))).map(([name, value]) => [name, Number(value)]));
    },

    /** Tenants with work in the background. */
    async tenants(): Promise<Record<string, TenantLoad>> {
      const counts = Object.entries(await redis.hgetall(key("counts")));
      const loads: Record<string, TenantLoad> = {};
      for (const [name, value] of counts) {
        const match = /^(held|cost|busy):(.*)$/s.exec(name);
        if (match?.[2] === undefined) continue;
        const load = (loads[match[2]] ??= { waiting: 0, cost: 0, running: 0 });
        load[match[1] === "held" ? "waiting" : match[1] === "cost" ? "cost" : "running"] = Number(value);
      }
      return loads;
    },

    /** What a unit of cost takes, in ms: in the region, and on a node. Absent while nothing is known. */
    async pace(owner?: string): Promise<number | undefined> {
      const ms = await redis.hget(owner === undefined ? key("pace") : key("pace", owner), "ms");
      return ms === null ? undefined : Number(ms);
    },

    /** Jobs that were set aside, the latest first. */
    async dead(limit: number): Promise<JobView<Data>[]> { return await views(await redis.zrevrange(key("dead"), 0, limit - 1)); },
    async jobsOf(group: string): Promise<JobView<Data>[]> { return await views(await redis.smembers(key("group", group))); },
    find: view,

    /** When what has waited longest in each lane was added, ms since 1970; lanes where nothing waits are left out. */
    async oldest(): Promise<Partial<Record<QueueLane, number>>> {
      const found = await Promise.all(QUEUE_LANES.map(async (lane) => [lane, (await redis.zrange(key("ages", lane), 0, 0, "WITHSCORES"))[1]] as const));
      return Object.fromEntries(found.flatMap(([lane, addedAt]) => (addedAt === undefined ? [] : [[lane, Number(addedAt)]])));
    },

    /** Undefined when the group has had no work, or Redis has lost it. */
    async story(group: string): Promise<GroupStory | undefined> {
      const [story, [sec, us]] = await Promise.all([redis.hgetall(key("story", group)), redis.time()]);
      return story["queuedAt"] === undefined ? undefined : readStory(story, now?.() ?? Number(sec) * 1000 + Math.floor(Number(us) / 1000));
    },
  };
}

export type WorkQueue<Data> = ReturnType<typeof openWorkQueue<Data>>;

function readJob<Data>(id: string, job: Record<string, string>): JobView<Data> {
  const runner = (place: "first" | "second") => (job[place] === undefined ? [] : [{
    owner: job[`${place}Owner`] ?? "", since: Number(job[`${place}Since`]), progress: Number(job[`${place}Progress`]),
  }]);
  return {
    id,
    lane: job["lane"] as QueueLane,
    tenant: job["tenant"] ?? "",
    group: job["group"] ?? "",
    state: job["state"] as JobView<Data>["state"],
    data: JSON.parse(job["data"] ?? "null") as Data,
    cost: Number(job["cost"]),
    addedAt: Number(job["addedAt"]),
    attempts: Number(job["attempts"]),
    stalls: Number(job["stalls"]),
    runners: [...runner("first"), ...runner("second")],
    ...(job["cause"] === undefined || job["cause"] === "" ? {} : { cause: parseCause(job["cause"]).requestId }),
    ...(job["message"] === undefined ? {} : { message: job["message"] }),
    ...(job["code"] === undefined || job["code"] === "" ? {} : { code: job["code"] }),
  };
}

/** Neither id has a space in it. */
function formatCause(cause: Cause | undefined): string {
  return cause === undefined ? "" : `${cause.requestId} ${cause.spanId}`;
}

function parseCause(text: string): Cause {
  const [requestId = "", spanId = ""] = text.split(" ");
  return { requestId, spanId };
}
