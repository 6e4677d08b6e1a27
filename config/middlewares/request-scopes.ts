/**
 * Has every action and event handler run in the scope of the request it serves, on whichever node, and everything that is called or told
 * from there go under the same id, also where no context is handed on. Where traces are made, each is a span of the request's.
 */
import { Errors, type CallingOptions, type Context, type Middleware } from "moleculer";
import { currentScope, inScope, videoIdOf, type RequestScope } from "../requests/request-scope.ts";
import { nowMs, type Tags } from "../tracing/span.ts";
import type { Tracer } from "../tracing/trace-scope.ts";
import { codeOf, spanned } from "../tracing/tracer.ts";

type Handler = (ctx: Context) => unknown;
type Call = (name: string, params?: object, options?: CallingOptions) => Promise<unknown>;
type Tell = (event: string, payload?: unknown, options?: Options | string | string[]) => Promise<unknown>;
interface Options extends CallingOptions { groups?: string[] | string }

/** What travels with calls and events of work in the background. */
interface CauseMeta { cause?: unknown }

/** The gateway notes by itself what came of a request. */
const ROOT = "gateway.rest";
/** Parameters that say which step it is; each a short text, a number, or left out. */
const SHOWN = ["rendition", "segment", "first", "last", "at", "lane", "service"];
const MAX_SHOWN = 100;

/** @param tracer undefined: nothing is traced */
export function requestScopes(tracer?: Tracer): Middleware {
  const scoped = (next: Handler, { name = "" }: { name?: string }): Handler => {
    const isSpan = tracer !== undefined && name !== ROOT && !name.startsWith("$");
    return (ctx) => {
      const scope = scopeOf(ctx, tracer);
      const work = (): unknown => Reflect.apply(next, ctx.service, [ctx]);
      return isSpan && scope.trace !== undefined ? spanned(scope, aboutCall(ctx, scope, name), work) : inScope(scope, work);
    };
  };
  const tell = (next: Tell): Tell => (event, payload, options) => next(event, payload, underScope(groupsOf(options)));
  const hooks = {
    name: "RequestScopes",
    localAction: scoped,
    localEvent: scoped,
    remoteAction: (next: Handler, { name = "" }: { name?: string }): Handler => (tracer === undefined ? next : (ctx) => answered(tracer, name, ctx, next)),
    // Not an async function: Moleculer hangs the call's context on the promise.
    call: (next: Call): Call => (name, params, options) => next(name, params, underScope(options)),
    emit: tell,
    broadcast: tell,
  };
  return hooks as unknown as Middleware; // its types have these hooks return what their handlers do
}

function scopeOf({ id, requestID, params, meta, tracing, parentID, eventName }: Context, tracer: Tracer | undefined): RequestScope {
  const outer = currentScope();
  const { cause } = meta as CauseMeta;
  const scope = {
    requestId: requestID ?? "", videoId: videoIdOf(params) ?? (outer?.requestId === requestID ? outer?.videoId : undefined),
    cause: typeof cause === "string" ? cause : undefined,
  };
  // A trace begins at a gateway, or with a job. An event that came from another node says false where nothing was said.
  if (tracer === undefined || typeof tracing !== "boolean" || (eventName !== null && parentID === null)) return scope;
  if (tracing) tracer.book.keep(scope.requestId, "sampled");
  return { ...scope, trace: { tracer, spanId: id, kept: tracing } };
}

function aboutCall({ id, parentID, params, nodeID, broker }: Context, { videoId }: RequestScope, name: string) {
  const tags: Record<string, string | number | boolean | undefined> = { "lectern.video_id": videoId };
  for (const shown of SHOWN) {
    const value: unknown = (params as Readonly<Record<string, unknown>> | null)?.[shown];
    if (typeof value === "number" || (typeof value === "string" && value.length <= MAX_SHOWN)) tags[`lectern.${shown}`] = value;
  }
  const isRemote = nodeID !== null && nodeID !== broker.nodeID;
  if (isRemote) tags["lectern.caller"] = nodeID;
  return { id, parentId: parentID ?? undefined, name, kind: isRemote ? "server" as const : "internal" as const, tags };
}

/** What another node never answered has no span there. */
async function answered(tracer: Tracer, name: string, ctx: Context, next: Handler): Promise<unknown> {
  if (typeof ctx.tracing !== "boolean" || name.startsWith("$")) return await Reflect.apply(next, ctx.service, [ctx]);
  const startMs = nowMs();
  try {
    return await Reflect.apply(next, ctx.service, [ctx]);
  } catch (error) {
    const tags: Tags = { "lectern.callee": ctx.nodeID ?? undefined };
    if (isUnanswered(error)) tracer.book.add(ctx.requestID ?? "", { id: ctx.id, parentId: ctx.parentID ?? undefined, name, kind: "client", startMs, durationMs: nowMs() - startMs, tags, error: codeOf(error) });
    throw error;
  }
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Errors.RequestTimeoutError || error instanceof Errors.RequestRejectedError;
}

/** A caller's own context, or the id they name, goes before. */
function underScope<Given extends CallingOptions>(options: Given | undefined): Given | CallingOptions | undefined {
  const scope = currentScope();
  if (scope === undefined || (options !== undefined && (options.parentCtx ?? options.ctx ?? options.requestID ?? options.parentSpan) !== undefined)) return options;
  const { requestId, trace, cause } = scope;
  const meta = cause === undefined ? undefined : { meta: { ...options?.meta, cause } };
  return { ...options, requestID: requestId, ...(trace === undefined ? {} : { parentSpan: { id: trace.spanId, traceID: requestId, sampled: trace.kept } }), ...meta };
}

function groupsOf(options: Options | string | string[] | undefined): Options | undefined {
  return typeof options === "string" || Array.isArray(options) ? { groups: options } : options;
}
