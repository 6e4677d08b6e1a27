/**
 * Sends spans to a collector, in batches, beside everything else: what finds no room while the collector is slow or away is counted
 * and dropped, and nobody waits for it but a node that stops, for a moment.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../error-message.ts";
import type { Scrub } from "../logging/scrub.ts";
import { outOfScope } from "../requests/request-scope.ts";
import { encodeSpans, type KeptSpan, type Resource } from "./otlp-spans.ts";

export interface OtlpExporterOptions {
  /** Base or whole address of the collector; a user name and password in it are shown as Basic. */
  url: string;
  resource: Resource;
  scrub: Scrub;
  /** How many spans were taken, or given up. */
  onSent(count: number): void;
  onDropped(count: number, why: "full" | "refused" | "away"): void;
  logger: Pick<Logger, "warn" | "info" | "debug">;
  times?: Partial<typeof TIMES>;
  maxWaiting?: number;
}

/** ms: between batches, for an answer, after a failure at first and at most, for the rest when the node stops. */
const TIMES = { every: 2_000, answer: 5_000, rest: 1_000, longRest: 60_000, last: 2_000 };
const [MAX_WAITING, MAX_BATCH] = [4_096, 512];
/** What a collector that is busy answers: the same may be sent again (OTLP/HTTP, "Retryable Response Codes"). */
const BUSY = [429, 502, 503, 504];

export function openOtlpExporter({ url, resource, scrub, onSent, onDropped, logger, times: given, maxWaiting = MAX_WAITING }: OtlpExporterOptions) {
  const times = { ...TIMES, ...given };
  const { address, headers } = addressOf(url);
  const waiting: KeptSpan[] = [];
  let sending: Promise<void> | undefined;
  let [failures, restUntil] = [0, 0];
  const timer = setInterval(() => void begin(), times.every);
  timer.unref();

  /** @returns whether the batch is done with */
  async function post(batch: readonly KeptSpan[], answerMs: number): Promise<boolean> {
    try {
      const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(encodeSpans(batch, resource, scrub)), redirect: "error", signal: AbortSignal.timeout(answerMs) });
      await answer.body?.cancel();
      if (!answer.ok) {
        const again = BUSY.includes(answer.status);
        if (!again) onDropped(batch.length, "refused");
        rest(`it answers ${answer.status}`);
        return !again;
      }
    } catch (error) {
      rest(errorMessage(error));
      return false;
    }
    onSent(batch.length);
    if (failures > 0) logger.info("The collector of traces takes them again.");
    failures = 0;
    return true;
  }

  function rest(why: string): void {
    if (failures === 0) logger.warn(`The collector of traces does not take them: ${why}. Traces are dropped when there are too many.`);
    failures++;
    restUntil = performance.now() + Math.min(times.longRest, times.rest * 2 ** (failures - 1));
  }

  async function send(answerMs: number): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      const isDone = await post(batch, answerMs);
      if (isDone) waiting.splice(0, batch.length);
      if (failures > 0) return;
    }
  }

  function begin(): void {
    if (sending !== undefined || waiting.length === 0 || performance.now() < restUntil) return;
    sending = outOfScope(() => send(times.answer)).finally(() => { sending = undefined; });
  }

  return {
    add(kept: KeptSpan): void {
      if (waiting.length >= maxWaiting) return onDropped(1, "full");
      waiting.push(kept);
      if (waiting.length >= MAX_BATCH) begin();
    },
    waiting: (): number => waiting.length,
    /** Sends what it can at once. */
    async flush(): Promise<void> {
      await sending;
      await send(times.last);
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await this.flush();
      if (waiting.length > 0) onDropped(waiting.length, "away");
      waiting.length = 0;
    },
  };
}

export type OtlpExporter = ReturnType<typeof openOtlpExporter>;

function addressOf(text: string): { address: URL; headers: Record<string, string> } {
  const url = new URL(text);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  if (url.pathname === "/") url.pathname = "/v1/traces";
  const basic = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`;
  return { address: url, headers: { "Content-Type": "application/json", ...(username === "" ? {} : { Authorization: basic }) } };
}
