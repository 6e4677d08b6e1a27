/**
 * Asks origins for parts of files over HTTP: address rules and robots.txt at every hop, redirects by hand, each
 * request as the operator's policy has it. One request per call; whoever calls decides what to try again.
 */
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";
import { traced } from "../../../config/tracing/tracer.ts";
import { fail } from "../../../config/errors.ts";
import { accessPolicy, type AccessPolicy, type HostPolicy } from "../access/access-policy.ts";
import type { LivePolicy } from "../access/policy-file.ts";
import { OriginTrouble } from "./attempts.ts";
import { openEgress } from "../egress/egress.ts";
import type { IdentityState } from "../egress/identity.ts";
import { findHeader, type Headers } from "./headers.ts";
import type { OriginLimits } from "./origin-limits.ts";
import { checkSite, politeClient, userAgent } from "./polite-client.ts";
import { memoryBudgets, type BudgetStore } from "../politeness/budget-store.ts";
import { hostBudgets } from "../politeness/host-budgets.ts";
import { MAX_ROBOTS_BYTES, openRobots, type RobotsAnswer } from "../politeness/robots.ts";
import { judgeAnswer, type ByteRange, type RangeAnswer } from "./range-answer.ts";
import { AddressRefused } from "../../../mixins/guarded-dial/refusal.ts";
import type { ResolveHost } from "../../../mixins/guarded-dial/resolve-host.ts";
import type { SourceMeter } from "../source-meter.ts";
import { formatHostPort, parsePublicUrl, type AllowedOrigins, type PostedUrl } from "../../../mixins/guarded-dial/public-url.ts";

/** Longer than this one answer, which may be about one file, keeps nobody from a host. */
const HOLD_MAX_MS = 60_000;

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

/** `source`: the URL that was posted, whatever it redirects to. */
interface Question { url: URL; source: string; tenant: string | undefined; range: ByteRange; conditions: Record<string, string> }

export interface Origin {
  /**
   * @param posted its URL as `parsePublicUrl` made it; what it redirects to has to be allowed to its tenant as well
   * @param conditions If-Range and the like
   * @throws source_refused when the answer is final, AddressRefused, OriginTrouble and network errors when it may pass
   */
  get(posted: PostedUrl, range: ByteRange, conditions: Record<string, string>, signal: AbortSignal): Promise<OriginReply>;
  /** Whether more may be fetched than somebody waits for. */
  mayReadAhead(url: URL): boolean;
  /** The policy has changed. */
  renewPolicy(policy: AccessPolicy): void;
  /** How the ways out fare. */
  egress(): IdentityState[];
  close(): Promise<void>;
}

export interface OriginOptions {
  allowed: AllowedOrigins;
  resolve: ResolveHost;
  limits: OriginLimits;
  meter: SourceMeter;
  /** Absent: what holds without a policy file. */
  policy?: LivePolicy;
  /** Absent: this node counts for itself. */
  budgets?: BudgetStore;
  /** Where this node is. */
  region?: string;
  /** Told when the budgets are refused. */
  note?: (reason: string) => void;
}

const NO_POLICY: LivePolicy = { current: () => accessPolicy({}), close: () => undefined };

export function openOrigin({ allowed, resolve, limits, meter, policy = NO_POLICY, budgets: store = memoryBudgets(), region = "", note = () => undefined }: OriginOptions): Origin {
  const policyOf = (url: URL): HostPolicy => policy.current().of(url.hostname, allowed.has(formatHostPort(url)));
  const budgets = hostBudgets({ store, spare: memoryBudgets(), waitMaxMs: limits.turnMs, onWait: (ms, why) => meter.waited(why, ms), note });
  const egress = openEgress(policy.current(), {
    allowed, resolve, timeoutMs: limits.connectMs, region, perHost: limits.perHost,
    ownHeaders: () => ({ "user-agent": userAgent(policy.current().contact), accept: "*/*" }),
  });
  const request = politeClient({ policy: policy.current, policyOf, egress, budgets, limits, meter });
  const robots = openRobots(fetchRobots);
  const targets = new LRUCache<string, URL>({ ...upTo(1000), ttl: TARGET_MS });

  async function ask({ url, source, range, conditions }: Question, signal: AbortSignal) {
    try {
      const { status, headers, body, drop } = await traced("source.request", { "server.address": url.hostname, "lectern.bytes": range.end - range.start }, () => request(url, { source, bytes: range.end - range.start, headers: { range: `bytes=${range.start}-${range.end - 1}`, ...conditions } }, signal)); // until its headers
      const answer = judgeAnswer(status, headers, range, Date.now());
      meter.request(answer.kind);
      if (answer.kind === "throttled") await budgets.hold(formatHostPort(url), Math.min(answer.retryAfterMs ?? 0, HOLD_MAX_MS));
      return { status, headers, answer, drop, body };
    } catch (error) {
      meter.request("no_answer");
      throw error;
    }
  }

  async function checkRobots(url: URL, signal: AbortSignal): Promise<void> {
    if (policyOf(url).robots === "obey" && !(await robots.allows(url, signal))) throw fail("source_refused", "The origin's robots.txt asks that this file is not fetched by programs.");
  }

  async function fetchRobots(start: URL, signal: AbortSignal): Promise<RobotsAnswer> {
    let url = start;
    for (let hops = 0; ; hops++) {
      const { status, headers, body, drop } = await request(url, { source: start.href, bytes: MAX_ROBOTS_BYTES, headers: {} }, signal);
      const location = status >= 300 && status < 400 ? findHeader(headers, "location") : undefined;
      if (location !== undefined && hops < limits.maxRedirects) {
        drop();
        url = nextHop(url, location, allowed);
        continue;
      }
      if (status < 200 || status >= 300) {
        drop();
        return { status, text: "" };
      }
      const pieces: Buffer[] = [];
      let bytes = 0;
      for await (const piece of body) {
        pieces.push(piece);
        bytes += piece.length;
        if (bytes >= MAX_ROBOTS_BYTES) break; // the rest counts for nothing (RFC 9309 2.5)
      }
      return { status, text: Buffer.concat(pieces).subarray(0, MAX_ROBOTS_BYTES).toString("utf8") };
    }
  }

  /** Follows redirects from `start`, every hop through the address rules. */
  async function follow(question: Question, signal: AbortSignal) {
    let { url } = question;
    for (let hops = 0; ; hops++) {
      checkSite(policy.current(), url, question.tenant);
      await checkRobots(url, signal);
      const asked = await ask({ ...question, url }, signal);
      const { answer, drop } = asked;
      if (answer.kind === "part" || answer.kind === "whole") return { ...asked, url };
      drop();
      if (answer.kind !== "redirect") return { ...asked, url };
      if (hops === limits.maxRedirects) throw fail("source_refused", `The origin redirects more than ${limits.maxRedirects} times.`);
      url = nextHop(url, answer.location, allowed);
    }
  }

  return {
    async get({ url, tenant }, range, conditions, signal) {
      const target = targets.get(url.href);
      const question = { url: target ?? url, source: url.href, tenant, range, conditions };
      let reply = await follow(question, signal).catch((error: unknown) => {
        targets.delete(url.href);
        throw error;
      });
      if (reply.answer.kind === "failed") targets.delete(url.href); // another may be named the next time
      if (target !== undefined && reply.answer.kind === "refused") {
        targets.delete(url.href); // it may have been good for a while only
        reply = await follow({ ...question, url }, signal);
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
    mayReadAhead: (url) => policyOf(url).readAhead,
    renewPolicy: egress.update,
    egress: egress.describe,
    async close() {
      budgets.close();
      await egress.close();
    },
  };
}

/** @throws source_refused, AddressRefused */
function nextHop(from: URL, location: string | undefined, allowed: AllowedOrigins): URL {
  if (location === undefined || !URL.canParse(location, from)) throw fail("source_refused", "The origin redirects to nowhere.");
  let next: URL;
  try {
    next = parsePublicUrl(new URL(location, from).href, allowed);
  } catch (error) {
    if (error instanceof AddressRefused) throw error;
    throw fail("source_refused", "The origin redirects to what is not a fetchable URL.");
  }
  if (from.protocol === "https:" && next.protocol === "http:") throw new AddressRefused(`redirect from https to http at ${next.hostname}`);
  return next;
}
