/**
 * Counts what hosts are asked for: requests at once, requests and bytes a second. Whoever wants to ask is told at once
 * how long to wait. Kept in the region's Redis for all nodes together; in memory for a node that stands alone.
 */
import type { Redis } from "ioredis";
import type { RedisKeys } from "../../../config/redis-keys.ts";

export interface Limits { concurrency: number; requestsPerSec: number; bytesPerSec: number }
export interface Wish extends Limits {
  /** Of this request: names its place until it leaves. */
  lease: string;
  /** That it asks for. */
  bytes: number;
}
/** 0: it has its place. `busy`: as many as may are asking; `ms` is a guess then. */
export interface Answer { waitMs: number; why: "free" | "busy" | "rate" | "hold" }

export interface BudgetStore {
  enter(host: string, wish: Wish): Promise<Answer>;
  leave(host: string, lease: string): Promise<void>;
  /** Still asking. A lease that nobody renews is given up after LEASE_MS. */
  renew(host: string, lease: string): Promise<void>;
  /** The host asked to be left alone. */
  hold(host: string, ms: number): Promise<void>;
}

export const LEASE_MS = 15_000;
/** Others end when they end. */
const BUSY_MS = 100;
/** A second's worth may come at once. */
const BURST_MS = 1_000;

/**
 * Rates by the generic cell rate algorithm (ITU-T I.371): each request moves a theoretical arrival time on, which may be
 * ahead of the clock by the burst. KEYS: times, leases. ARGV: lease, concurrency, ms a request, ms of its bytes.
 */
const ENTER = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local times = redis.call('HMGET', KEYS[1], 'hold', 'requests', 'bytes')
local hold = tonumber(times[1] or '0')
if hold > now then return {hold - now, 'hold'} end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local requests = math.max(now, tonumber(times[2] or '0'))
local bytes = math.max(now, tonumber(times[3] or '0'))
local wait = math.max(requests, bytes) - now - ${BURST_MS}
if wait > 0 then return {math.ceil(wait), 'rate'} end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[2]) then return {${BUSY_MS}, 'busy'} end
requests = requests + tonumber(ARGV[3])
bytes = bytes + tonumber(ARGV[4])
redis.call('HSET', KEYS[1], 'requests', requests, 'bytes', bytes)
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(requests, bytes) - now) + 1000)
redis.call('ZADD', KEYS[2], now + ${LEASE_MS}, ARGV[1])
redis.call('PEXPIRE', KEYS[2], ${LEASE_MS} * 2)
return {0, 'free'}`;

const RENEW = `
local clock = redis.call('TIME')
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  redis.call('ZADD', KEYS[1], clock[1] * 1000 + math.floor(clock[2] / 1000) + ${LEASE_MS}, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ${LEASE_MS} * 2)
end`;

const HOLD = `
local clock = redis.call('TIME')
local untilMs = clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[1])
if untilMs > tonumber(redis.call('HGET', KEYS[1], 'hold') or '0') then
  redis.call('HSET', KEYS[1], 'hold', untilMs)
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) + 1000 then redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) + 1000) end
end`;

interface Scripts {
  lecternEnter(times: string, leases: string, lease: string, concurrency: number, requestMs: number, bytesMs: number): Promise<[number, Answer["why"]]>;
  lecternRenew(leases: string, lease: string): Promise<void>;
  lecternHold(times: string, ms: number): Promise<void>;
}

export function redisBudgets(redis: Redis, keys: Pick<RedisKeys, "hostTimes" | "hostLeases">): BudgetStore {
  redis.defineCommand("lecternEnter", { numberOfKeys: 2, lua: ENTER });
  redis.defineCommand("lecternRenew", { numberOfKeys: 1, lua: RENEW });
  redis.defineCommand("lecternHold", { numberOfKeys: 1, lua: HOLD });
  const scripts = redis as unknown as Scripts;
  return {
    async enter(host, wish) {
      const [waitMs, why] = await scripts.lecternEnter(keys.hostTimes(host), keys.hostLeases(host), wish.lease, wish.concurrency, requestMs(wish), bytesMs(wish));
      return { waitMs, why };
    },
    async leave(host, lease) { await redis.zrem(keys.hostLeases(host), lease); },
    async renew(host, lease) { await scripts.lecternRenew(keys.hostLeases(host), lease); },
    async hold(host, ms) { await scripts.lecternHold(keys.hostTimes(host), Math.ceil(ms)); },
  };
}

interface HostCount { hold: number; requests: number; bytes: number; /** Until when, by lease. */ leases: Map<string, number> }

/** @param now milliseconds */
export function memoryBudgets(now: () => number = Date.now): BudgetStore {
  const hosts = new Map<string, HostCount>();

  function of(host: string, at: number): HostCount {
    const known = hosts.get(host);
    if (known !== undefined) return known;
    for (const [name, count] of hosts) if (isOver(count, at)) hosts.delete(name);
    const count = { hold: 0, requests: 0, bytes: 0, leases: new Map<string, number>() };
    hosts.set(host, count);
    return count;
  }

  return {
    async enter(host, wish) {
      const at = now();
      const count = of(host, at);
      if (count.hold > at) return { waitMs: count.hold - at, why: "hold" };
      for (const [lease, until] of count.leases) if (until <= at) count.leases.delete(lease);
      const [requests, bytes] = [Math.max(at, count.requests), Math.max(at, count.bytes)];
      const wait = Math.max(requests, bytes) - at - BURST_MS;
      if (wait > 0) return { waitMs: Math.ceil(wait), why: "rate" };
      if (count.leases.size >= wish.concurrency) return { waitMs: BUSY_MS, why: "busy" };
      count.requests = requests + requestMs(wish);
      count.bytes = bytes + bytesMs(wish);
      count.leases.set(wish.lease, at + LEASE_MS);
      return { waitMs: 0, why: "free" };
    },
    async leave(host, lease) { hosts.get(host)?.leases.delete(lease); },
    async renew(host, lease) {
      const leases = hosts.get(host)?.leases;
      if (leases?.has(lease) === true) leases.set(lease, now() + LEASE_MS);
    },
    async hold(host, ms) {
      const count = of(host, now());
      count.hold = Math.max(count.hold, now() + ms);
    },
  };
}

const isOver = ({ hold, requests, bytes, leases }: HostCount, at: number): boolean => Math.max(hold, requests, bytes, ...leases.values()) <= at;
const requestMs = ({ requestsPerSec }: Limits): number => 1_000 / requestsPerSec;
/** More than a second's worth at once is never let through otherwise. */
const bytesMs = ({ bytes, bytesPerSec }: Wish): number => (Number.isFinite(bytesPerSec) ? (bytes / bytesPerSec) * 1_000 : 0);
