/** Follows a video's server-sent events to its end, over as many connections as it takes. */
import { setTimeout as wait } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { ApiError, NoServerError, parseObject, parseReasons, reach, readAnswer } from "./gateway-client.ts";
import { authorization, type Server } from "./find-server.ts";

/** How long the gateway may be away (it may be restarting). */
const PATIENCE_MS = 60_000;
const RETRY_MS = 1_000;

export interface EncodeProgress { readonly stored: number; readonly planned: number; readonly etaSec?: number }
export type VideoEnd = { kind: "complete" } | { kind: "rejected" | "failed"; reasons: readonly string[] } | { kind: "deleted" };

interface EventMessage { event?: string | undefined; data: string; id?: string | undefined }

/** @throws ApiError; NoServerError when the gateway stays away; the abort error when `signal` ends it */
export async function followVideo(server: Server, videoId: string, onProgress: (progress: EncodeProgress) => void, signal: AbortSignal): Promise<VideoEnd> {
  let lastId: string | undefined;
  let until = performance.now() + PATIENCE_MS;
  /** One connection; undefined: it ended before the video did. */
  const listen = async (): Promise<VideoEnd | undefined> => {
    const headers: Record<string, string> = { ...authorization(server), accept: "text/event-stream", ...(lastId === undefined ? {} : { "last-event-id": lastId }) };
    const response = await fetch(`${server.url}/v1/videos/${videoId}/events`, { headers, signal });
    if (response.status === 204) {
      lastId = undefined; // all has been said; the next stream opens with the video as it is
      return undefined;
    }
    if (!response.ok || response.body === null) readAnswer(response.status, await response.text()); // throws
    else {
      for await (const message of response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
        until = performance.now() + PATIENCE_MS;
        lastId = message.id ?? lastId;
        const end = readMessage(message, onProgress);
        if (end !== undefined) return end;
      }
    }
    return undefined;
  };
  for (;;) {
    try {
      const end = await reach(server.url, listen);
      if (end !== undefined) return end;
    } catch (error) {
      signal.throwIfAborted();
      const passes = error instanceof NoServerError || (error instanceof ApiError && error.status >= 500);
      if (!passes || performance.now() > until) throw error;
    }
    await wait(RETRY_MS, undefined, { signal });
  }
}

/** What a message says of the video's end, when it does; snapshots (`video`) and events tell the same. */
export function readMessage({ event, data }: EventMessage, onProgress: (progress: EncodeProgress) => void): VideoEnd | undefined {
  const body = parseBody(data);
  if (event === "video") {
    const { status, progress, reasons } = body;
    onProgress(parseProgress(parseObject(progress)));
    return typeof status === "string" ? findEnd(status, reasons) : undefined;
  }
  if (event === "progress") onProgress(parseProgress(body));
  return event === undefined ? undefined : findEnd(event, body["reasons"]);
}

function findEnd(status: string, reasons: unknown): VideoEnd | undefined {
  if (status === "complete" || status === "deleted") return { kind: status };
  if (status === "rejected" || status === "failed") return { kind: status, reasons: parseReasons(reasons) };
  return undefined;
}

function parseProgress({ storedSegments, plannedSegments, etaSec }: Readonly<Record<string, unknown>>): EncodeProgress {
  const number = (value: unknown): number => typeof value === "number" && Number.isFinite(value) ? value : 0;
  return { stored: number(storedSegments), planned: number(plannedSegments), ...(typeof etaSec === "number" ? { etaSec } : {}) };
}

function parseBody(data: string): Readonly<Record<string, unknown>> {
  try {
    return parseObject(JSON.parse(data));
  } catch {
    return {}; // of an event that this command doesn't know
  }
}
