/**
 * Has every action and event handler run in the scope of the request it serves, on whichever node, and everything that is called or told
 * from there go under the same id, also where no context is handed on.
 */
import type { CallingOptions, Context, Middleware } from "moleculer";
import { currentScope, inScope, videoIdOf, type RequestScope } from "../requests/request-scope.ts";

type Handler = (ctx: Context) => unknown;
type Call = (name: string, params?: object, options?: CallingOptions) => Promise<unknown>;
type Tell = (event: string, payload?: unknown, options?: Options | string | string[]) => Promise<unknown>;
interface Options extends CallingOptions { groups?: string[] | string }

/** What travels with calls and events of work in the background. */
interface CauseMeta { cause?: unknown }

export function requestScopes(): Middleware {
  const scoped = (next: Handler) => (ctx: Context): unknown => inScope(scopeOf(ctx), () => Reflect.apply(next, ctx.service, [ctx]));
  const tell = (next: Tell): Tell => (event, payload, options) => next(event, payload, underScope(groupsOf(options)));
  const hooks = {
    name: "RequestScopes",
    localAction: scoped,
    localEvent: scoped,
    // Not an async function: Moleculer hangs the call's context on the promise.
    call: (next: Call): Call => (name, params, options) => next(name, params, underScope(options)),
    emit: tell,
    broadcast: tell,
  };
  return hooks as unknown as Middleware; // its types have these hooks return what their handlers do
}

function scopeOf({ requestID, params, meta }: Context): RequestScope {
  const outer = currentScope();
  const { cause } = meta as CauseMeta;
  return {
    requestId: requestID ?? "", videoId: videoIdOf(params) ?? (outer?.requestId === requestID ? outer?.videoId : undefined),
    cause: typeof cause === "string" ? cause : undefined,
  };
}

/** A caller's own context, or the id they name, goes before. */
function underScope<Given extends CallingOptions>(options: Given | undefined): Given | CallingOptions | undefined {
  const scope = currentScope();
  if (scope === undefined || (options !== undefined && (options.parentCtx ?? options.ctx ?? options.requestID) !== undefined)) return options;
  const meta = scope.cause === undefined ? undefined : { meta: { ...options?.meta, cause: scope.cause } };
  return { ...options, requestID: scope.requestId, ...meta };
}

function groupsOf(options: Options | string | string[] | undefined): Options | undefined {
  return typeof options === "string" || Array.isArray(options) ? { groups: options } : options;
}
