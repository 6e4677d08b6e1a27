/** The gateway's HTTP API as this command needs it. Answers are read as untrusted input. */
import { authorization, type Server } from "./find-server.ts";


/** What the gateway said no with (RFC 9457). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly reasons: readonly string[];
  constructor(status: number, code: string, detail: string, reasons: readonly string[]) {
    super(detail);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.reasons = reasons;
  }
}

/** Nobody answers at `server`, or it broke off. */
export class NoServerError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "NoServerError";
  }
}

/** `hls` and `page` are absolute. `existing`: the same source was already a video. */
export interface AddedVideo { readonly id: string; readonly status: string; readonly existing: boolean; readonly private: boolean; readonly hls: string; readonly page: string }
/** `hls` and `page` are absolute. */
export interface VideoLink { readonly hls: string; readonly page: string; readonly expiresAt: string }

/** @throws ApiError, NoServerError */
export async function postVideo(server: Server, video: Readonly<Record<string, string | undefined>>): Promise<AddedVideo> {
  const { id, status, existing, visibility, playback } = parseObject(await post(server, "/v1/videos", video));
  const { hls, page } = parseObject(playback);
  if (typeof id !== "string" || typeof status !== "string" || typeof hls !== "string" || typeof page !== "string") throw unexpected(server.url);
  return { id, status, existing: existing === true, private: visibility === "private", hls: new URL(hls, server.url).href, page: new URL(page, server.url).href };
}

/** A link to a private video, for as long as the gateway gives one unasked. @throws ApiError, NoServerError */
export async function postLink(server: Server, videoId: string): Promise<VideoLink> {
  const { playback, expiresAt } = parseObject(await post(server, `/v1/videos/${videoId}/links`, {}));
  const { hls, page } = parseObject(playback);
  if (typeof expiresAt !== "string" || typeof hls !== "string" || typeof page !== "string") throw unexpected(server.url);
  return { hls: new URL(hls, server.url).href, page: new URL(page, server.url).href, expiresAt };
}

async function post(server: Server, path: string, body: object): Promise<unknown> {
  return await reach(server.url, async () => {
    const response = await fetch(server.url + path, { method: "POST", headers: { ...authorization(server), "content-type": "application/json" }, body: JSON.stringify(body) });
    return readAnswer(response.status, await response.text());
  });
}

/** Faults of the connection become NoServerError. */
export async function reach<Answer>(server: string, talk: () => Promise<Answer>): Promise<Answer> {
  try {
    return await talk();
  } catch (error) {
    throw connectionFault(server, error) ?? error;
  }
}

export function connectionFault(server: string, error: unknown): NoServerError | undefined {
  const code = findConnectionCode(error);
  if (code === undefined) return undefined;
  if (NOBODY.includes(code)) return new NoServerError(`No Lectern answers at ${server}: run \`npm start\` first, or say with --server where it is.`);
  return new NoServerError(`The connection to ${server} broke (${code}).`);
}

const NOBODY = ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];
const BROKEN = ["ECONNRESET", "EPIPE", "ETIMEDOUT", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"];

/** fetch hides the system's error in `cause`; of two addresses tried, the AggregateError has the code. */
function findConnectionCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if (code !== undefined && (NOBODY.includes(code) || BROKEN.includes(code))) return code;
  return findConnectionCode(error.cause);
}

/** @throws ApiError for any status from 400 */
export function readAnswer(status: number, text: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined; // a proxy's page, say
  }
  if (status < 400 && body !== undefined) return body;
  const { code, detail, reasons } = parseObject(body);
  throw new ApiError(status, typeof code === "string" ? code : `http_${status}`, typeof detail === "string" ? detail : `The server answered ${status}.`, parseReasons(reasons));
}

/** The messages of `reasons[]`. */
export function parseReasons(reasons: unknown): readonly string[] {
  if (!Array.isArray(reasons)) return [];
  return reasons.map((reason: unknown) => parseObject(reason)["message"]).filter((message) => typeof message === "string");
}

export function parseObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function unexpected(server: string): ApiError {
  return new ApiError(200, "unexpected_answer", `What answers at ${server} is no Lectern.`, []);
}
