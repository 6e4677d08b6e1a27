/** Sends a message to an endpoint: one request, to a public address, within a time; no redirect is followed, and next to nothing is read. */
import { Agent, request } from "undici";
import { guardedConnector } from "../../mixins/guarded-dial/guarded-connector.ts";
import type { AllowedOrigins } from "../../mixins/guarded-dial/public-url.ts";
import { findAddressRefused } from "../../mixins/guarded-dial/refusal.ts";
import type { ResolveHost } from "../../mixins/guarded-dial/resolve-host.ts";

/** What came of it: in words fit for who owns the endpoint, who could otherwise map a network by them. */
export type Answer = { status: number; retryAfter?: string } | { error: string };
export interface Poster { post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answer>; close(): Promise<void> }

const MAX_READ_BYTES = 4_096;
/** To one host: webhooks of many tenants may lead to the same one, and each has two at a time. */
const MAX_CONNECTIONS = 32;

export function openPoster({ allowed, resolve, attemptMs }: { allowed: AllowedOrigins; resolve: ResolveHost; attemptMs: number }): Poster {
  const dispatcher = new Agent({ connect: guardedConnector({ allowed, resolve, timeoutMs: attemptMs }), connections: MAX_CONNECTIONS, pipelining: 1, keepAliveTimeout: 4_000 });
  return {
    async post(url, headers, body) {
      const signal = AbortSignal.timeout(attemptMs);
      try {
        const answer = await request(url, { method: "POST", dispatcher, signal, headersTimeout: attemptMs, bodyTimeout: attemptMs, headers: { "content-type": "application/json", "user-agent": "Lectern-Webhooks", ...headers }, body });
        await answer.body.dump({ limit: MAX_READ_BYTES, signal }).catch(() => undefined); // what it says does not matter
        const retryAfter = answer.headers["retry-after"];
        return { status: answer.statusCode, ...(typeof retryAfter === "string" ? { retryAfter } : {}) };
      } catch (error) {
        return { error: signal.aborted ? `no answer within ${attemptMs / 1000} s` : describe(error) };
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function describe(error: unknown): string {
  if (findAddressRefused(error) !== undefined) return "its address is not a public one";
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (/CERT|TLS|SSL|SELF_SIGNED/.test(code)) return "its certificate is not good";
  return /TIMEOUT/.test(code) ? "no answer in time" : "no connection, or it broke off";
}
