/** How often and how soon something is tried again, and until when. */
import { setTimeout as delay } from "node:timers/promises";
import { errorMessage, fail, findErrorCode } from "../../../config/errors.ts";
import { EgressTrouble } from "../egress/tunnel.ts";
import type { OriginLimits } from "./origin-limits.ts";
import { addressRefused } from "../access/address-refused.ts";
import { findAddressRefused } from "../../../mixins/guarded-dial/refusal.ts";

/** The origin's own trouble, which may pass. */
export class OriginTrouble extends Error {
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  constructor(message: string, detail: { status?: number | undefined; retryAfterMs?: number | undefined } = {}) {
    super(message);
    this.name = "OriginTrouble";
    this.status = detail.status;
    this.retryAfterMs = detail.retryAfterMs;
  }
}

/** setTimeout takes no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface Attempts {
  /** Of every request made: it aborts when the time for all of them is over. */
  readonly signal: AbortSignal;
  /** Waits until the next attempt is due. @throws the caller's error when there is none */
  failed(error: unknown): Promise<void>;
  /** What came so far was good: failures before it no longer count. */
  progressed(): void;
  /** When all is done, well or not: what still runs under `signal` may go on. */
  end(): void;
}

/**
 * @param totalMs for all attempts together, whatever progress they make
 * @param note told why, in words that must not reach the caller
 * @param onRetry before something is tried again
 */
export function countAttempts(limits: OriginLimits, totalMs: number, note: (reason: string) => void, stopping: AbortSignal, onRetry: () => void = () => undefined): Attempts {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new OriginTrouble("takes too long")), Math.min(totalMs, MAX_TIMER_MS));
  const signal = AbortSignal.any([stopping, late.signal]);
  let failures = 0;
  return {
    signal,
    async failed(thrown) {
      const refused = findAddressRefused(thrown);
      if (refused !== undefined) {
        note(`refused: ${refused.message}`);
        throw addressRefused();
      }
      if (findErrorCode(thrown) !== undefined) throw thrown;
      const error: unknown = late.signal.aborted ? late.signal.reason : thrown;
      failures += 1;
      note(describe(error));
      const wait = error instanceof EgressTrouble ? 0 : (error instanceof OriginTrouble ? error.retryAfterMs : undefined) ?? backOff(failures, limits);
      if (failures > limits.retries || wait > limits.retryAfterMaxMs || signal.aborted || isBadCertificate(error)) throw unreachable(error);
      onRetry();
      try {
        await delay(wait, undefined, { signal });
      } catch {
        throw unreachable(signal.reason);
      }
    },
    progressed() {
      failures = 0;
    },
    end: () => clearTimeout(timer),
  };
}

function backOff(failures: number, limits: OriginLimits): number {
  return limits.backOffMs * 2 ** (failures - 1) * (0.5 + Math.random());
}

/** Says as much as a person needs; not whether a connection was refused or timed out, which would tell ports apart. */
function unreachable(error: unknown) {
  if (error instanceof OriginTrouble) {
    const { status, retryAfterMs } = error;
    return fail("source_unreachable", `The origin ${error.message}.`, {
      ...(status === undefined ? {} : { status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterSec: Math.ceil(retryAfterMs / 1000) }),
    });
  }
  if (error instanceof EgressTrouble) return fail("source_unreachable", "No way out of this Lectern leads to the origin at the moment.");
  return isBadCertificate(error)
    ? fail("source_unreachable", "The origin's certificate is not valid for its name.")
    : fail("source_unreachable", "The origin does not answer.");
}

function isBadCertificate(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return /^(CERT_|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED|DEPTH_ZERO)/.test(code);
}

function describe(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? ` (${String(error.code)})` : "";
  return `${errorMessage(error)}${code}`;
}
