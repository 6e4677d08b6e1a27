/** One HTTP request and its answer, as the routes see it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallingOptions } from "moleculer";
import type { Use } from "../../config/access/grants.ts";
import type { Rate } from "../../config/rates.ts";
import type { MetricWriter } from "../../config/metrics/register-metrics.ts";
import type { Spent } from "../../mixins/play-spent.ts";
import type { Caller, Permission } from "../../config/access/permissions.ts";

export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The path's parameters, decoded and otherwise as the client sent them. */
  readonly params: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly caller: Caller;
  /** When it came, on the clock of `performance`. */
  readonly startedAt: number;
  readonly metrics: MetricWriter<"gateway">;
  /** What the answers of its calls so far say that they were spent on. */
  spent(): Spent;
  /** Calls an action of the mesh under this request's id, on the caller's behalf. */
  call<Result>(action: string, params?: object, options?: CallingOptions): Promise<Result>;
}

/** Who a route is for; decides about cross-origin use and page headers. */
export type Area = "api" | "play" | "page" | "operate";

export interface Route {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** With `:name` for a parameter, which matches one part of a path. */
  readonly path: string;
  /** Its name in the OpenAPI document. */
  readonly operation: string;
  /** What whoever asks must have, before anything is read of what they send. */
  readonly permission: Permission;
  readonly area: Area;
  /** What it counts as; absent: by its method and area. */
  readonly rate?: Rate;
  /** Of what is for watching: what a link to a private video must be for; absent: to play. */
  readonly use?: Use | "any";
  /** Event streams have no HEAD: it would never end. */
  readonly noHead?: boolean;
  handle(exchange: Exchange): Promise<void>;
}

/** Whether the client is still there to be answered. */
export function isOpen(res: ServerResponse): boolean {
  return !res.destroyed && !res.writableEnded;
}

/** Ends the answer with `body`; of a HEAD request Node sends the headers only. */
export function sendBytes(res: ServerResponse, status: number, headers: Record<string, string>, body: string | Uint8Array): void {
  if (!isOpen(res)) return;
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  res.writeHead(status, { ...headers, "Content-Length": String(bytes.byteLength) });
  res.end(bytes);
}

export function sendJson(res: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  sendBytes(res, status, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", ...headers }, JSON.stringify(value));
}

export function sendEmpty(res: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  if (!isOpen(res)) return;
  res.writeHead(status, headers);
  res.end();
}
