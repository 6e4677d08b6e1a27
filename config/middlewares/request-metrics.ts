/**
 * Tells this node's own bus how each action it handled went: `$request.finished`. The metrics service counts it.
 * The package that owns the counters listens to an event that Moleculer 0.15 no longer sends.
 */
import { Errors, type Context, type Middleware } from "moleculer";
import { findErrorCode } from "../errors.ts";

export const REQUEST_FINISHED = "$request.finished";

/** Every field has few values, so that each can be a label. */
export interface RequestFinished {
  action: string;
  service: string;
  nodeID: string;
  durationMs: number;
  error?: { code: number; name: string; type: string };
}

export const requestMetrics: Middleware = {
  name: "RequestMetrics",
  localAction(next, action) {
    const name = action.name ?? "unknown";
    const service = action.service?.name ?? "unknown";
    const measureRequest = async (ctx: Context): Promise<unknown> => {
      const startedAt = performance.now();
      const finish = (error?: unknown): void => {
        const report: RequestFinished = { action: name, service, nodeID: this.nodeID, durationMs: performance.now() - startedAt };
        this.localBus.emit(REQUEST_FINISHED, error === undefined ? report : { ...report, error: classify(error) });
      };
      try {
        const result: unknown = await Reflect.apply(next, ctx.service, [ctx]);
        finish();
        return result;
      } catch (error) {
        finish(error ?? new Error("rejected with nothing"));
        throw error;
      }
    };
    return measureRequest;
  },
};

const STOCK_NAMES = new Set(Object.keys(Errors));

/** Anything unknown is `other`: names and types may be made up by whoever throws. */
function classify(error: unknown): { code: number; name: string; type: string } {
  const code = typeof error === "object" && error !== null && "code" in error && Number.isInteger(error.code) ? Number(error.code) : 500;
  return {
    code: code >= 400 && code <= 599 ? code : 500,
    name: error instanceof Error && STOCK_NAMES.has(error.name) ? error.name : "other",
    type: findErrorCode(error) ?? "other",
  };
}
