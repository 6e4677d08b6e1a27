/** Starts a video as a player does, to know how long a viewer would have waited. */
import { setTimeout as wait } from "node:timers/promises";
import { reach, readAnswer } from "./gateway-client.ts";
import { parseFirstFiles, parseMaster } from "./playlist.ts";

/** The gateway itself waits for the plan, and then says to come again. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 250;

export interface FirstPlay {
  /** Of the first segments, sound included. */
  readonly bytes: number;
}

/** Resolves when the first picture and the first sound are here. @throws ApiError, NoServerError, SyntaxError, and why `signal` ends it */
export async function playFirstSegment(masterUrl: string, signal?: AbortSignal): Promise<FirstPlay> {
  const fetchBytes = (url: string): Promise<ArrayBuffer> => fetchPatiently(url, signal);
  const fetchText = async (url: string): Promise<string> => new TextDecoder().decode(await fetchBytes(url));
  /** The bytes of a rendition's init segment and first media segment. */
  const fetchStart = async (playlistUrl: string): Promise<number> => {
    const { init, segment } = parseFirstFiles(await fetchText(playlistUrl), playlistUrl);
    const parts = await Promise.all([init, segment].filter((url) => url !== undefined).map(fetchBytes));
    return parts.reduce((sum, part) => sum + part.byteLength, 0);
  };
  const { video, audio } = parseMaster(await fetchText(masterUrl), masterUrl);
  const sizes = await Promise.all([video, audio].filter((url) => url !== undefined).map(fetchStart));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** @param signal with it, the server is asked until that ends it: a file is still being sent */
async function fetchPatiently(url: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  const until = signal === undefined ? performance.now() + PATIENCE_MS : Infinity;
  for (;;) {
    signal?.throwIfAborted();
    const { status, bytes } = await reach(new URL(url).origin, async () => {
      const response = await fetch(url, signal === undefined ? {} : { signal });
      return { status: response.status, bytes: await response.arrayBuffer() };
    });
    if (status === 200) return bytes;
    if (status !== 503 || performance.now() > until) readAnswer(status, new TextDecoder().decode(bytes)); // throws
    await wait(RETRY_MS, undefined, signal === undefined ? {} : { signal });
  }
}
