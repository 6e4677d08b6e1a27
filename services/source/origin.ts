/**
 * Asks origins for parts of files over HTTP: address rules at every hop, redirects by hand, a limited number of
 * connections per host, kept alive. One request per call; whoever calls decides what to try again.
 */
import { LRUCache } from "lru-cache";
import { setTimeout as delay } from "node:timers/promises";
import { Agent } from "undici";
import packageJson from "../../package.json" with { type: "json" };
import { fail } from "../../config/errors.ts";
import { OriginTrouble } from "./attempts.ts";
import { guardedConnector } from "./guarded-connector.ts";
import type { Headers } from "./headers.ts";
import type { OriginLimits } from "./origin-limits.ts";
import { pacedBody } from "./paced-body.ts";
import { judgeAnswer, type ByteRange, type RangeAnswer } from "./range-answer.ts";
import { AddressRefused } from "./refusal.ts";
import type { ResolveHost } from "./resolve-host.ts";
import type { SourceMeter } from "./source-meter.ts";
import { formatHostPort, parseSourceUrl, type AllowedOrigins } from "./source-url.ts";
import { untilAborted } from "./until-aborted.ts";

/** Says who asks. */
export const USER_AGENT = `Lectern/${packageJson.version} (+https://lectern.example/fetching)`;

/** A redirect's target is asked directly for this long, as a player would during playback. */
const TARGET_MS = 5 * 60_000;

export type OriginReply = { headers: Headers } & (
  | (Extract<RangeAnswer, { kind: "part" | "whole" }> & {
    /** Throws when the origin fails to send it. */
    body: AsyncIterable<Buffer>;
    /** Instead of reading the body. */
    drop: () => void;
  })
  | Extract<RangeAnswer, { kind: "unchanged" | "outside" }>
);

export interface Origin {
  /**
   * @param url as `parseSourceUrl` made it
   * @param conditions If-Range and the like
   * @throws source_refused when the answer is final, AddressRefused, OriginTrouble and network errors when it may pass
   */
  get(url: URL, range: ByteRange, conditions: Record<string, string>, signal: AbortSignal): Promise<OriginReply>;
  close(): Promise<void>;
}

export interface OriginOptions { allowed: AllowedOrigins; resolve: ResolveHost; limits: OriginLimits; meter: SourceMeter }

export function openOrigin({ allowed, resolve, limits, meter }: OriginOptions): Origin {
  const agent = new Agent({
    connect: guardedConnector(allowed, resolve, limits.connectMs),
    connections: limits.perHost,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
  });
  const targets = new LRUCache<string, URL>({ max: 1000, ttl: TARGET_MS });
  /** Hosts that asked us to wait, until when (milliseconds since the epoch). */
  const holds = new LRUCache<string, number>({ max: 1000 });

  async function ask(url: URL, range: ByteRange, conditions: Record<string, string>, signal: AbortSignal) {
    const host = formatHostPort(url);
    const hold = (holds.get(host) ?? 0) - Date.now();
    if (hold > 0) await delay(hold, undefined, { signal });
    const stop = new AbortController();
    try {
      // A request that waits for a connection does not hear its signal.
      const reply = await untilAborted(agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: "GET",
        headers: { "user-agent": USER_AGENT, accept: "*/*", "accept-encoding": "identity", range: `bytes=${range.start}-${range.end - 1}`, ...conditions },
        headersTimeout: limits.headersMs,
        bodyTimeout: limits.idleMs,
        signal: AbortSignal.any([signal, stop.signal]),
        highWaterMark: 64 * 1024, // one piece off the socket: more would be joined, at the price of a copy
      }), signal);
      const answer = judgeAnswer(reply.statusCode, reply.headers, range, Date.now());
      meter.request(answer.kind);
      if (answer.kind === "throttled") holds.set(host, Date.now() + Math.min(answer.retryAfterMs ?? 0, limits.retryAfterMaxMs));
      const drop = (): void => void reply.body.on("error", () => undefined).destroy(); // nobody is there to hear of it
      return { status: reply.statusCode, headers: reply.headers, answer, drop, body: pacedBody(reply.body, limits, (reason) => stop.abort(reason)) };
    } catch (error) {
      meter.request("no_answer");
      throw error;
    }
  }

  /** Follows redirects from `start`, every hop through the address rules. */
  async function follow(start: URL, range: ByteRange, conditions: Record<string, string>, signal: AbortSignal) {
    let url = start;
    for (let hops = 0; ; hops++) {
      const asked = await ask(url, range, conditions, signal);
      const { answer, drop } = asked;
      if (answer.kind === "part" || answer.kind === "whole") return { ...asked, url };
      drop();
      if (answer.kind !== "redirect") return { ...asked, url };
      if (hops === limits.maxRedirects) throw fail("source_refused", `The origin redirects more than ${limits.maxRedirects} times.`);
      url = nextHop(url, answer.location, allowed);
    }
  }

  return {
    async get(url, range, conditions, signal) {
      const target = targets.get(url.href);
      let reply = await follow(target ?? url, range, conditions, signal);
      if (target !== undefined && reply.answer.kind === "refused") {
        targets.delete(url.href); // it may have been good for a while only
        reply = await follow(url, range, conditions, signal);
      }
      const { answer, headers, status, body, drop } = reply;
      switch (answer.kind) {
        case "part":
        case "whole":
          if (reply.url !== url) targets.set(url.href, reply.url);
          return { ...answer, headers, body, drop };
        case "unchanged":
        case "outside":
          return { ...answer, headers };
        case "refused":
          throw fail("source_refused", `The origin refuses the file (HTTP ${status}).`, { status });
        case "throttled":
          throw new OriginTrouble(`answers ${status}`, { status, retryAfterMs: answer.retryAfterMs });
        case "failed":
          throw new OriginTrouble(`answers ${status}`, { status });
        case "broken":
          throw new OriginTrouble(answer.message, { status });
        case "redirect":
          throw new OriginTrouble("redirects", { status }); // `follow` has dealt with it
        default:
          return answer satisfies never;
      }
    },
    async close() {
      await agent.destroy();
    },
  };
}

/** @throws source_refused, AddressRefused */
function nextHop(from: URL, location: string | undefined, allowed: AllowedOrigins): URL {
  if (location === undefined || !URL.canParse(location, from)) throw fail("source_refused", "The origin redirects to nowhere.");
  let next: URL;
  try {
    next = parseSourceUrl(new URL(location, from).href, allowed);
  } catch (error) {
    if (error instanceof AddressRefused) throw error;
    throw fail("source_refused", "The origin redirects to what is not a fetchable URL.");
  }
  if (from.protocol === "https:" && next.protocol === "http:") throw new AddressRefused(`redirect from https to http at ${next.hostname}`);
  return next;
}
