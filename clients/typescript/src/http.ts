/** Requests to one gateway: with the key, as JSON, tried again where that is safe. */
import { LecternError } from "./lectern-error.ts";
import type { Problem } from "./schemas.ts";

export interface Connection {
  /** Of the gateway, as in `https://video.example.org`. */
  url: string;
  /** An API key, or a token of the school's log-in; without it what everybody may. */
  key?: string | undefined;
  /** How often what was refused for now (429, 503) or broke off is asked again; default 3. */
  retries?: number;
  /** Default: the platform's. */
  fetch?: typeof fetch;
}

export interface Asked { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export type Http = ReturnType<typeof openHttp>;

export function openHttp({ url, key, retries = 3, fetch: send = fetch }: Connection) {
  const base = url.replace(/\/+$/, "");

  async function once(path: string, { method = "GET", body, headers = {}, signal }: Asked): Promise<Response> {
    const isJson = body !== undefined && !isBytes(body);
    const response = await send(base + path, {
      method,
      headers: { ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }), ...(isJson ? { "Content-Type": "application/json" } : {}), ...headers },
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as RequestInit["body"] & {}), duplex: "half" }),
      ...(signal === undefined ? {} : { signal }),
    } as RequestInit);
    if (response.ok) return response;
    throw new LecternError(response.status, await readProblem(response), secondsOf(response.headers.get("Retry-After")));
  }

  /** @throws LecternError; TypeError where nobody answers */
  async function ask(path: string, asked: Asked = {}): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await once(path, asked);
      } catch (error) {
        if (attempt >= retries || asked.signal?.aborted === true || !isWorthAgain(error, asked)) throw error;
        const pauseMs = error instanceof LecternError && error.retryAfterSec !== undefined ? error.retryAfterSec * 1_000 : FIRST_PAUSE_MS * 2 ** attempt;
        await pause(Math.min(pauseMs, LONGEST_PAUSE_MS), asked.signal);
      }
    }
  }

  return {
    base,
    ask,
    async json<Answer>(path: string, asked: Asked = {}): Promise<Answer> {
      return (await (await ask(path, asked)).json()) as Answer;
    },
  };
}

/** A request that changes something is made again only where it was not taken, or by its key is the same one. */
function isWorthAgain(error: unknown, { method = "GET", body, headers = {} }: Asked): boolean {
  if (body !== undefined && isBytes(body)) return false; // may be used up
  if (error instanceof LecternError) return error.status === 429 || error.status === 503;
  return method === "GET" || method === "DELETE" || headers["Idempotency-Key"] !== undefined;
}

function isBytes(body: unknown): boolean {
  return body instanceof Uint8Array || body instanceof Blob || body instanceof ReadableStream;
}

async function readProblem(response: Response): Promise<Partial<Problem>> {
  const text = await response.text();
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === "object" && problem !== null ? problem : {};
  } catch {
    return {}; // of a proxy in between
  }
}

function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
