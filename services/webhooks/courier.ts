/** Takes what is due and sends it, some at once, few of them to one endpoint and of one tenant: slow ones keep nobody else's waiting. */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { newTraceId } from "../../config/requests/request-id.ts";
import { inScope } from "../../config/requests/request-scope.ts";
import type { Clock } from "../../mixins/clock.ts";
import type { DeliveryLog } from "./delivery-log.ts";
import type { DueDeliveries, Leased } from "./due-deliveries.ts";
import { goodSecrets, isEnabled, type Endpoint } from "./endpoint-store.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Outbox } from "./outbox.ts";
import type { Answer, Poster } from "./post-message.ts";
import { retryDelay } from "./retry-delay.ts";
import { signedHeaders } from "./sign-message.ts";
import type { Attempt, Message } from "./webhooks.contract.ts";

export interface CourierPorts {
  due: DueDeliveries;
  outbox: Pick<Outbox, "find" | "finish">;
  log: Pick<DeliveryLog, "attempted" | "noteHealth">;
  endpoints: Pick<Endpoints, "all" | "find">;
  poster: Pick<Poster, "post">;
  /** Says that it gets nothing more. */
  disable(endpoint: Endpoint, why: "gone" | "failing"): Promise<void>;
  clock: Clock;
  logger: Pick<Logger, "debug" | "warn">;
}

const LOOK_MS = 1_000;
const AT_ONCE = 32;
const PER_ENDPOINT = 2;
const PER_TENANT = AT_ONCE / 4;
/** In place of how many have failed: it is over, and only the store has not taken that yet. */
const OVER = { delivered: -1, failed: -2 } as const;
const STORE_PAUSE_MS = 5 * 60_000;
/** Nothing arrives for so long: nobody is there any more. */
const FAILING_MS = 3 * 86_400_000;

export function openCourier({ due, outbox, log, endpoints, poster, disable, clock, logger }: CourierPorts) {
  const running = new Map<string, number>();
  const work = new Set<Promise<void>>();
  let looking: Promise<void> | undefined;
  let [again, closed, storeRefuses] = [false, false, false];

  /** What cannot be written down in the store is not sent again for that. */
  async function end(leased: Leased, message: Message, attempt: Attempt | undefined, status: "delivered" | "failed"): Promise<void> {
    try {
      await outbox.finish(leased);
    } catch (error) {
      if (!storeRefuses) logger.warn(`What became of webhooks' messages is written down when the store takes it: ${errorMessage(error)}`);
      storeRefuses = true;
      await due.again(leased, OVER[status], STORE_PAUSE_MS);
      if (attempt !== undefined) await log.attempted(leased.endpoint, message, attempt, status);
      return;
    }
    storeRefuses = false;
    await due.forget(leased);
    if (leased.attempts >= 0) await log.attempted(leased.endpoint, message, attempt, status);
  }

  async function deliver(leased: Leased): Promise<void> {
    const [endpoint, message] = await Promise.all([endpoints.find(leased.endpoint), outbox.find(leased)]);
    if (endpoint === undefined || message === undefined) return await due.forget(leased);
    if (leased.attempts < 0) return await end(leased, message, undefined, leased.attempts === OVER.delivered ? "delivered" : "failed");
    if (!isEnabled(endpoint)) return await end(leased, message, undefined, "failed");
    const began = clock.date();
    const body = JSON.stringify({ type: message.type, timestamp: message.timestamp, data: message.data });
    const answer = await poster.post(endpoint.record.url, signedHeaders(message.id, Math.floor(began / 1_000), body, goodSecrets(endpoint, began)), body);
    const attempt: Attempt = { at: new Date(began).toISOString(), ms: Math.round(clock.date() - began), ...("error" in answer ? answer : { status: answer.status }) };
    const isThere = "status" in answer && answer.status >= 200 && answer.status < 300;
    const since = await log.noteHealth(leased.endpoint, isThere).catch(() => undefined);
    if (isThere) return await end(leased, message, attempt, "delivered");
    await failed(leased, message, endpoint, attempt, answer, since);
  }

  async function failed(leased: Leased, message: Message, endpoint: Endpoint, attempt: Attempt, answer: Answer, since: number | undefined): Promise<void> {
    const attempts = leased.attempts + 1;
    const delay = retryDelay(attempts, "status" in answer ? answer.retryAfter : undefined, clock.date(), clock.random());
    const isGone = "status" in answer && answer.status === 410;
    if (isGone || delay === undefined) await end(leased, message, attempt, "failed");
    else {
      await due.again(leased, attempts, delay);
      await log.attempted(leased.endpoint, message, attempt, "pending", clock.date() + delay);
    }
    if (isGone) await disable(endpoint, "gone");
    else if (since !== undefined && clock.date() - since > FAILING_MS) await disable(endpoint, "failing");
  }

  function begin(leased: Leased): void {
    running.set(leased.endpoint, (running.get(leased.endpoint) ?? 0) + 1);
    // Whoever rang has nothing to do with whose message is next.
    const done = inScope({ requestId: newTraceId() }, () => deliver(leased)).catch((error: unknown) => logger.debug(`Delivery ${leased.message} comes again when its lease is over: ${errorMessage(error)}`)).finally(() => {
      const left = (running.get(leased.endpoint) ?? 1) - 1;
      if (left === 0) running.delete(leased.endpoint);
      else running.set(leased.endpoint, left);
      work.delete(done);
      look();
    });
    work.add(done);
  }

  /** Endpoints that have as many under way as they may, or whose tenant has. */
  async function busy(): Promise<string[]> {
    const full = [...running].filter(([, count]) => count >= PER_ENDPOINT).map(([endpoint]) => endpoint);
    if (work.size < PER_TENANT) return full;
    const all = [...(await endpoints.all()).values()];
    const underWay = new Map<string | undefined, number>();
    for (const { record: { id, tenant } } of all) underWay.set(tenant, (underWay.get(tenant) ?? 0) + (running.get(id) ?? 0));
    return [...full, ...all.filter(({ record: { tenant } }) => (underWay.get(tenant) ?? 0) >= PER_TENANT).map(({ record }) => record.id)];
  }

  async function takeAll(): Promise<void> {
    do {
      again = false;
      while (!closed && work.size < AT_ONCE) {
        const leased = await due.take(await busy());
        if (leased === undefined) break;
        begin(leased);
      }
    } while (again && !closed);
  }

  function look(): void {
    again = true;
    if (closed || looking !== undefined) return;
    looking = takeAll().catch((error: unknown) => logger.debug(`Nothing can be taken: ${errorMessage(error)}`)).finally(() => { looking = undefined; });
  }

  const stop = clock.every(LOOK_MS, look);
  return {
    /** Something is due. */
    look,
    /** Ends when what is being sent has been answered. */
    async close(): Promise<void> {
      closed = true;
      stop();
      await looking;
      await Promise.all(work);
    },
  };
}

export type Courier = ReturnType<typeof openCourier>;
