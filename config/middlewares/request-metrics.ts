/**
 * Counts how each action that this node handled went, which the metrics service and the node's figures read. The package that owns
 * the metrics' names listens to an event that Moleculer 0.15 no longer sends.
 */
import { Errors, type Context, type Middleware } from "moleculer";
import { findErrorCode } from "../errors.ts";
import { callCounts, type CallFault } from "../metrics/call-counts.ts";

export const requestMetrics: Middleware = {
  name: "RequestMetrics",
  localAction(next, action) {
    const calls = callCounts(this).of(action.name ?? "unknown", action.service?.name ?? "unknown");
    return async (ctx: Context): Promise<unknown> => {
      const startedAt = performance.now();
      let result: unknown;
      try {
        result = await Reflect.apply(next, ctx.service, [ctx]);
      } catch (error) {
        calls.ended(performance.now() - startedAt, classify(error));
        throw error;
      }
      calls.ended(performance.now() - startedAt);
      return result;
    };
  },
};

const STOCK_NAMES = new Set(Object.keys(Errors));

/** Anything unknown is `other`: names and types may be made up by whoever throws. */
function classify(error: unknown): CallFault {
  const code = typeof error === "object" && error !== null && "code" in error && Number.isInteger(error.code) ? Number(error.code) : 500;
  return {
    code: code >= 400 && code <= 599 ? code : 500,
    name: error instanceof Error && STOCK_NAMES.has(error.name) ? error.name : "other",
    type: findErrorCode(error) ?? "other",
  };
}
