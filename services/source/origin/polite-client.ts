/**
 * One HTTP request as the operator's policy has it: whether at all, when, through which way out, under which name. It
 * follows nothing and tries nothing again.
 */
import type { Dispatcher } from "undici";
import packageJson from "../../../package.json" with { type: "json" };
import { fail } from "../../../config/errors.ts";
import type { AccessPolicy, HostPolicy } from "../access/access-policy.ts";
import { quietFor } from "../access/quiet-hours.ts";
import { OriginTrouble } from "./attempts.ts";
import type { Egress, Visit } from "../egress/egress.ts";
import type { Headers } from "./headers.ts";
import type { OriginLimits } from "./origin-limits.ts";
import { pacedBody } from "./paced-body.ts";
import type { HostBudgets } from "../politeness/host-budgets.ts";
import { PRODUCT } from "../politeness/robots.ts";
import { thinkTimes } from "../politeness/think-time.ts";
import { findAddressRefused } from "../../../mixins/guarded-dial/refusal.ts";
import type { SourceMeter } from "../source-meter.ts";
import { formatHostPort } from "../../../mixins/guarded-dial/public-url.ts";
import { untilAborted } from "./until-aborted.ts";

export interface PoliteRequest {
  /** On whose behalf: one source is one visitor. */
  source: string;
  headers: Readonly<Record<string, string>>;
  /** About to be received, for the host's budget. */
  bytes: number;
}

export interface PoliteReply {
  status: number;
  headers: Headers;
  /** Throws when it does not come as it should. */
  body: AsyncIterable<Buffer>;
  /** Instead of reading the body. */
  drop(): void;
}

/** @throws source_refused for a site that the operator does not allow, AddressRefused, OriginTrouble, EgressTrouble and network errors */
export type PoliteClient = (url: URL, request: PoliteRequest, signal: AbortSignal) => Promise<PoliteReply>;

export interface PoliteOptions { policy: () => AccessPolicy; policyOf: (url: URL) => HostPolicy; egress: Egress; budgets: HostBudgets; limits: OriginLimits; meter: SourceMeter }

const RANGES_ONLY = "identity"; // a range of an encoded file is of no use

/** Who asks, and where to complain. */
export function userAgent(contact: string | undefined): string {
  return `${PRODUCT}/${packageJson.version}${contact === undefined ? "" : ` (+${contact})`}`;
}

/** Nobody is there to hear how it ends. */
function drop({ body }: Dispatcher.ResponseData): void {
  body.on("error", () => undefined).destroy();
}

/** @throws source_refused */
export function checkSite(policy: AccessPolicy, url: URL, tenant?: string): void {
  if (!policy.isAllowed(url.hostname, tenant)) throw fail("source_refused", "The operator of this Lectern does not allow that site.");
}

export function politeClient({ policy, policyOf, egress, budgets, limits, meter }: PoliteOptions): PoliteClient {
  const think = thinkTimes();
  return async (url, { source, headers, bytes }, signal) => {
    checkSite(policy(), url);
    const host = policyOf(url);
    const quiet = quietFor(host.quietHours, new Date());
    if (quiet > 0) throw new OriginTrouble("is left alone at this hour", { retryAfterMs: quiet });
    await think.pause(`${url.hostname} ${source}`, host.thinkMs, signal);
    const leave = await budgets.enter(formatHostPort(url), host, bytes, signal);
    let visit: Visit | undefined;
    try {
      visit = egress.visit(source, url.hostname, host);
      return await ask(visit, leave);
    } catch (error) {
      leave();
      if (visit !== undefined && !signal.aborted && findAddressRefused(error) === undefined) egress.failed(visit, error);
      throw error;
    }

    async function ask(through: Visit, release: () => void): Promise<PoliteReply> {
      const { identity } = through;
      const stop = new AbortController();
      const startedAt = performance.now();
      identity.requests++;
      identity.active++;
      const end = (): void => {
        identity.active--;
        release();
      };
      const asked = identity.dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: "GET",
        headers: { ...through.headers, "accept-encoding": RANGES_ONLY, ...headers },
        headersTimeout: limits.headersMs,
        bodyTimeout: limits.idleMs,
        signal: AbortSignal.any([signal, stop.signal]),
        highWaterMark: 64 * 1024, // one piece off the socket: more would be joined, at the price of a copy
      });
      // A request that waits for a connection does not hear its signal.
      const reply = await untilAborted(asked, signal).catch((error: unknown) => {
        identity.active--;
        asked.then(drop, () => undefined); // it may come all the same
        throw error;
      });
      reply.body.once("close", end);
      const waitedMs = performance.now() - startedAt;
      egress.answered(through, waitedMs);
      meter.answer(identity.entry.name, waitedMs);
      const labels = { host: host.name, identity: identity.entry.name };
      return {
        status: reply.statusCode,
        headers: reply.headers,
        drop: () => drop(reply),
        body: watched(pacedBody(reply.body, limits, (reason) => stop.abort(reason)), through, labels),
      };
    }
  };

  async function* watched(body: AsyncIterable<Buffer>, visit: Visit, labels: { host: string; identity: string }): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body) {
        meter.received(labels, chunk.length);
        yield chunk;
      }
    } catch (error) {
      egress.failed(visit, error);
      throw error;
    }
  }
}
