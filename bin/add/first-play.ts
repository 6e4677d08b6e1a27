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

/** Resolves when the first picture and the first sound are here. @throws ApiError, NoServerError, SyntaxError */
export async function playFirstSegment(masterUrl: string): Promise<FirstPlay> {
  const { video, audio } = parseMaster(await fetchText(masterUrl), masterUrl);
  const sizes = await Promise.all([video, audio].filter((url) => url !== undefined).map(fetchStart));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** The bytes of a rendition's init segment and first media segment. */
async function fetchStart(playlistUrl: string): Promise<number> {
  const { init, segment } = parseFirstFiles(await fetchText(playlistUrl), playlistUrl);
  const parts = await Promise.all([init, segment].filter((url) => url !== undefined).map(fetchBytes));
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

async function fetchText(url: string): Promise<string> {
  return new TextDecoder().decode(await fetchBytes(url));
}

async function fetchBytes(url: string): Promise<ArrayBuffer> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const { status, bytes } = await reach(new URL(url).origin, async () => {
      const response = await fetch(url);
      return { status: response.status, bytes: await response.arrayBuffer() };
    });
    if (status === 200) return bytes;
    if (status !== 503 || performance.now() > until) readAnswer(status, new TextDecoder().decode(bytes)); // throws
    await wait(RETRY_MS);
  }
}
