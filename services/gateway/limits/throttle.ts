/** Turns away who asks too often: by their key, or by their address where none is shown. */
import type { IncomingMessage } from "node:http";
import type { Caller } from "../../../config/access/permissions.ts";
import { fail } from "../../../config/errors.ts";
import type { Rate } from "../../../config/rates.ts";
import type { Route } from "../exchange.ts";
import { householdOf, isLoopback } from "./client-address.ts";
import type { RateLimits } from "./rate-limits.ts";

type Asking = Pick<IncomingMessage, "headers" | "socket">;
export interface Throttle {
  /** Counts a request. @throws rate_limited */
  spend(route: Pick<Route, "method" | "area" | "rate">, req: Asking, caller: Caller): void;
  /** Before a key is looked at that is not known. @throws rate_limited after too many that were nobody's */
  beforeKey(req: Asking): void;
  /** That key was nobody's. */
  wrongKey(req: Asking): void;
}

export interface ThrottleOptions {
  limits: RateLimits;
  addressOf(req: Asking): string;
  /** Told of each who is turned away. */
  onLimit(rate: Rate): void;
  /** Told once of a proxy that brings others' requests, and is not one of ours. */
  onStrangeProxy(address: string): void;
}

/** Nobody is turned away who asks from the node's own machine. */
export function openThrottle({ limits, addressOf, onLimit, onStrangeProxy }: ThrottleOptions): Throttle {
  let told = false;

  function householdAsking(req: Asking): string | undefined {
    const address = addressOf(req);
    if (req.headers["x-forwarded-for"] !== undefined && !told && address === (req.socket.remoteAddress ?? "").replace("::ffff:", "")) {
      told = true;
      onStrangeProxy(address);
    }
    return isLoopback(address) ? undefined : householdOf(address);
  }

  function refuse(rate: Rate, waitMs: number): void {
    if (waitMs === 0) return;
    onLimit(rate);
    throw fail("rate_limited", `More was asked than a minute allows (LECTERN_RATES, ${rate}).`, { retryAfterSec: Math.ceil(waitMs / 1000) });
  }

  return {
    spend(route, req, { subject, roles }) {
      const household = householdAsking(req);
      if (household === undefined) return;
      const rate = rateOf(route);
      refuse(rate, limits.spend(rate, roles.length > 0 ? subject : household));
    },
    beforeKey(req) {
      const household = householdAsking(req);
      if (household !== undefined) refuse("failures", limits.waitMs("failures", household));
    },
    wrongKey(req) {
      const household = householdAsking(req);
      if (household !== undefined) limits.spend("failures", household);
    },
  };
}

/** What a request counts as, where its route does not say. */
export function rateOf({ method, area, rate }: Pick<Route, "method" | "area" | "rate">): Rate {
  if (rate !== undefined) return rate;
  if (method !== "GET" && method !== "HEAD" && method !== "OPTIONS") return "changes";
  return area === "play" ? "play" : "questions";
}
