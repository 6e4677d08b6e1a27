/**
 * Notes what fails on this node, where it begins, and tells the service `errors` of it every few seconds. What is not heard is
 * told again; meanwhile it is counted in memory, which is bounded.
 */
import type { Context, Middleware, ServiceBroker } from "moleculer";
import { errorMessage } from "../error-message.ts";
import { failureLedgerOf, noteFailure } from "../failures/note-failure.ts";

const TELL_MS = 2_000;
/** Where nobody hears it. */
const REST_MS = 10_000;
const HEAR_MS = 5_000;
/** A node that stops waits no longer for it. */
const LAST_MS = 1_000;
/** What fails there has failed because of something that is told anyway, or would be told for ever. */
const SILENT = "errors";
/** Whose `id` is a video's. */
const OF_VIDEOS = ["videos", "cache", "delivery", "screening", "scheduler", "operator"];

const stops = new WeakMap<ServiceBroker, () => Promise<void>>();

export const failureReports: Middleware = {
  name: "FailureReports",
  localAction(next, action) {
    const name = action.name ?? "unknown";
    if (action.service?.name === SILENT) return next;
    return async (ctx: Context): Promise<unknown> => {
      try {
        return await Reflect.apply(next, ctx.service, [ctx]);
      } catch (error) {
        noteFailure(this, error, { action: name, requestId: ctx.requestID ?? undefined, video: videoOf(ctx.params, action.service?.name ?? "") });
        throw error;
      }
    };
  },
  async started(broker) {
    let telling: Promise<void> | undefined;
    let restUntil = 0;
    const tell = async (timeout: number): Promise<void> => {
      for (let batch = failureLedgerOf(broker).next(); batch !== undefined; batch = failureLedgerOf(broker).next()) {
        await broker.call("errors.tell", batch, { timeout, retries: 0 });
        failureLedgerOf(broker).heard();
      }
    };
    const tellSoon = (): void => {
      if (telling !== undefined || performance.now() < restUntil) return;
      telling = tell(HEAR_MS).catch((error: unknown) => {
        restUntil = performance.now() + REST_MS;
        broker.logger.debug(`Nobody hears of failures: ${errorMessage(error)}`);
      }).finally(() => { telling = undefined; });
    };
    const timer = setInterval(tellSoon, TELL_MS);
    timer.unref();
    stops.set(broker, async () => {
      clearInterval(timer);
      await telling;
      await tell(LAST_MS).catch(() => undefined); // it was said in the log
    });
  },
  async stopping(broker) {
    await stops.get(broker)?.();
  },
};

function videoOf(params: unknown, service: string): string | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  const { videoId, id } = params as { videoId?: unknown; id?: unknown };
  return [videoId, OF_VIDEOS.includes(service) ? id : undefined].find((value): value is string => typeof value === "string");
}
