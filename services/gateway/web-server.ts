/**
 * moleculer-web with our routes: each becomes an alias function, which answers by itself and never rejects. What the
 * package would otherwise do is closed here: it exposes actions that no route names, runs a handler for OPTIONS
 * requests (a preflight for DELETE would delete), accepts origins by substring, and listens on all addresses before
 * there are routes.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallingOptions, Context, Service, ServiceSchema } from "moleculer";
import ApiService from "moleculer-web";
import type { AuditMeta } from "../../config/audit-sink.ts";
import { fail } from "../../config/errors.ts";
import { beginTrace, traceAnswer } from "./answer-trace.ts";
import { indexAliases, type Alias, type FoundAlias } from "./alias-index.ts";
import { noteFailure } from "../../config/failures/note-failure.ts";
import { auditMeta, noteRefusal } from "./audit-marks.ts";
import type { MetricWriter } from "../../config/metrics/register-metrics.ts";
import type { Admitted } from "./access/callers.ts";
import { admit, type Door } from "./access/door.ts";
import { isCancelled } from "../../mixins/cancelled.ts";
import { spentIn } from "../../mixins/play-spent.ts";
import { isOpen, sendBytes, sendEmpty, type Area, type Exchange, type Route } from "./exchange.ts";
import { countAnswer } from "./answer-meter.ts";
import { redactPath } from "./links/link-path.ts";
import { PLAY_HEADERS, PLAY_PREFLIGHT, SAFE_HEADERS } from "./play-headers.ts";
import { describeProblem } from "./problem.ts";
import { requestIdOf } from "./request-ids.ts";
import { allowedMethods, findOptionsRoute, methodsOf } from "./routes.ts";
import { openAtHand } from "./segment-at-hand.ts";

type Logger = Service["logger"];
/** What moleculer-web adds to a request before it calls an alias. */
interface WebRequest extends IncomingMessage {
  $ctx?: Context;
  $params?: { params?: Record<string, string> };
  originalUrl?: string;
}
interface WebRoute { path: string; mergeParams: boolean; bodyParsers: boolean; logging: boolean; mappingPolicy: "restrict"; pathToRegexpOptions: object; aliases: object }
interface WebService extends Service { addRoute(route: WebRoute): void; logger: Logger; aliases: readonly Alias[]; findAlias: ReturnType<typeof indexAliases>; answerAtHand: ReturnType<typeof openAtHand>; lecternRoutes: readonly Route[]; metrics: MetricWriter<"gateway">; door: Door }

const AREA_HEADERS: Readonly<Record<Area, Readonly<Record<string, string>>>> = {
  api: {},
  operate: {},
  page: {},
  play: PLAY_HEADERS,
};
const API_PREFLIGHT = {
  "Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE, OPTIONS", "Access-Control-Max-Age": "600",
  "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Request-Id, Traceparent, Range, If-None-Match, Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum",
};
const API_EXPOSED = "Location, Retry-After, X-Request-Id, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, Upload-Offset, Upload-Length, Upload-Expires";

export const webServerSettings = {
  server: false, // the service opens its own, when its routes are there
  routes: [{ path: "/", mappingPolicy: "restrict", aliases: {} }], // without this one every action is public
  logRequest: null,
  logResponse: null,
  logRequestParams: null,
  logRouteRegistration: null,
  rootCallOptions(this: Service, options: CallingOptions & { tracking?: boolean }, req: IncomingMessage): void {
    options.requestID = requestIdOf(req);
    beginTrace(this.broker, options, req);
    if (req.headers.accept === "text/event-stream" || req.url?.endsWith("/events") === true) options.tracking = false; // a stream ends when the node stops, not the other way round
  },
};

export const webServer: Partial<ServiceSchema> = {
  mixins: [ApiService],
  methods: {
    serveRoutes(this: WebService, routes: readonly Route[], door: Door): void {
      this.lecternRoutes = routes;
      this.door = door;
      const aliases: Record<string, (req: WebRequest, res: ServerResponse) => void> = {};
      for (const route of routes) {
        const alias = (req: WebRequest, res: ServerResponse): void => void answer(route, this, req, res);
        for (const method of methodsOf(route)) aliases[`${method} ${route.path}`] = alias;
      }
      const exact = { sensitive: true, trailing: false };
      this.addRoute({ path: "/", mergeParams: false, bodyParsers: false, logging: false, mappingPolicy: "restrict", pathToRegexpOptions: exact, aliases });
      this.findAlias = indexAliases(this.aliases);
      const segments = routes.find(({ operation }) => operation === "getSegment");
      if (segments === undefined) throw new Error("There is no route for segments.");
      this.answerAtHand = openAtHand({ broker: this.broker, route: segments, door, metrics: this.metrics, refuse: (req, res, error) => refuse(segments, this, req, res, error) });
    },
    resolveAlias(this: WebService, path: string, method = "GET"): FoundAlias | false {
      return this.findAlias(path, method);
    },
    /** Where nothing of ours matched; so it is for OPTIONS that are no preflight. */
    send404(this: WebService, req: WebRequest, res: ServerResponse): void {
      const options = req.method === "OPTIONS" ? findOptionsRoute(this.lecternRoutes, pathOf(req)) : undefined;
      if (options !== undefined) return void answer(options, this, req, res);
      const methods = allowedMethods(this.lecternRoutes, pathOf(req));
      if (methods.length > 0) res.setHeader("Allow", methods.join(", "));
      if (methods.length > 0 && req.method === "OPTIONS") return sendEmpty(res, 204);
      const error = methods.length > 0
        ? fail("method_not_allowed", `This path takes ${methods.join(", ")}.`)
        : fail("not_found", "There is nothing at this path.");
      sendProblem(req, res, error, this.logger);
    },
    errorHandler(this: WebService, req: WebRequest, res: ServerResponse, error: unknown): void {
      sendProblem(req, res, error, this.logger);
    },
  },
};

async function answer(route: Route, service: WebService, req: WebRequest, res: ServerResponse): Promise<void> {
  const { lecternRoutes: routes, door, broker, metrics } = service;
  traceAnswer(broker, req.$ctx, route, req, res);
  const startedAt = performance.now();
  countAnswer(metrics, route, res);
  try {
    for (const [name, value] of Object.entries({ ...SAFE_HEADERS, ...AREA_HEADERS[route.area] })) res.setHeader(name, value);
    allowOrigin(req, res, route, door.isOurs);
    const asked = req.method === "OPTIONS" ? findOptionsRoute(routes, pathOf(req)) : route;
    if (asked === undefined) {
      const methods = allowedMethods(routes, pathOf(req)).join(", ");
      return sendEmpty(res, 204, { Allow: methods, ...(route.area === "play" ? { "Access-Control-Allow-Methods": methods } : {}) });
    }
    await asked.handle({ ...toExchange(req, res, await admit(asked, door, req, res, req.$params?.params?.["id"] ?? ""), auditMeta(broker, asked, req, door.addressOf)), startedAt, metrics });
  } catch (error) {
    refuse(route, service, req, res, error);
  }
}

function refuse(route: Route, { door, logger, broker, metrics }: WebService, req: WebRequest, res: ServerResponse, error: unknown): void {
  noteRefusal(broker, route, req, door.addressOf, error);
  if (route.operation !== "getReadiness") noteFailure(broker, error, { action: `gateway.${route.operation}`, requestId: requestIdOf(req) }); // a probe asks whether something is missing
  const code = sendProblem(req, res, error, logger);
  metrics.count("lectern_problems_total", { code, area: route.area });
}

/** Any page may play; those of sites that the operator names may use the API. No cookies count here, so none are asked for. */
function allowOrigin({ method, headers: { origin } }: IncomingMessage, res: ServerResponse, { area }: Route, isOurs: Door["isOurs"]): void {
  if (area === "page") return;
  const isPlay = area === "play";
  if (!isPlay) res.setHeader("Vary", "Origin");
  if (!isPlay && (origin === undefined || !isOurs(origin))) return;
  if (!isPlay) res.setHeader("Access-Control-Allow-Origin", origin ?? "");
  if (!isPlay) res.setHeader("Access-Control-Expose-Headers", API_EXPOSED);
  if (method === "OPTIONS") for (const [name, value] of Object.entries(isPlay ? PLAY_PREFLIGHT : API_PREFLIGHT)) res.setHeader(name, value);
}

function toExchange(req: WebRequest, res: ServerResponse, { caller, passport }: Admitted, meta: AuditMeta): Omit<Exchange, "startedAt" | "metrics"> {
  const ctx = req.$ctx;
  if (ctx === undefined) throw new Error("moleculer-web called an alias without a context");
  return {
    req, res, caller,
    params: req.$params?.params ?? {},
    requestId: ctx.requestID ?? "",
    spent: () => spentIn(ctx),
    call: <Result>(action: string, params: object = {}, options: CallingOptions = {}) => ctx.call<Result, object>(action, params, { ...options, meta: { ...meta, ...(passport === undefined ? {} : { passport }) } }),
  };
}

/** Logs it once and answers it, unless the answer has begun or nobody is there to read it. @returns its code */
function sendProblem(req: WebRequest, res: ServerResponse, error: unknown, logger: Logger): string {
  const requestId = req.$ctx?.requestID ?? requestIdOf(req);
  const { problem, headers, unexpected } = describeProblem(error, requestId);
  const line = `${req.method} ${redactPath(pathOf(req))} ${problem.status} ${problem.code}`;
  if (isCancelled(error)) logger.debug(`${line}: ${problem.detail}`); // nobody was left to wait for it
  else if (unexpected) logger.error(line, error);
  else if (problem.status === 503) logger.debug(`${line}: ${problem.detail}`); // probes and busy times would fill the log
  else if (problem.status >= 500) logger.warn(`${line}: ${problem.detail}`);
  if (!isOpen(res)) return isCancelled(error) ? "cancelled" : problem.code;
  if (res.headersSent) {
    res.destroy();
    return problem.code;
  }
  if (!req.complete) res.setHeader("Connection", "close"); // the rest of the body is not read
  sendBytes(res, problem.status, { ...SAFE_HEADERS, "Content-Type": "application/problem+json", "Cache-Control": "no-store", ...headers }, JSON.stringify(problem));
  return problem.code;
}

function pathOf(req: WebRequest): string {
  const path = (req.originalUrl ?? req.url ?? "").split("?")[0] ?? "";
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
