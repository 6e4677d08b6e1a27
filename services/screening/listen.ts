/** Listens to a few seconds of a video's first sound track, spread over it. */
import { soundReferenceArguments } from "../../media/ffmpeg/quality-arguments.ts";
import { measureLevel, type SoundLevel } from "../../media/screening/sound-levels.ts";
import { ffmpegError, runFfmpeg } from "../../mixins/ffmpeg.ts";
import { throughDoor } from "../../mixins/source-door.ts";
import { NICENESS, STALL_MS } from "./decode-pictures.ts";
import type { Screened } from "./open-screened.ts";

const LISTENS = 4;
const LISTEN_SEC = 2;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Empty where there is no sound. @throws encode_failed, encode_stalled, and what a read threw */
export async function listen(screened: Screened): Promise<SoundLevel[]> {
  const { facts: { audio: [track] } } = screened.plan;
  if (track === undefined) return [];
  const [start, end] = [track.start / track.timescale, track.end / track.timescale];
  const levels: SoundLevel[] = [];
  for (let n = 0; n < LISTENS; n++) {
    const from = Math.max(0, start + ((end - start - LISTEN_SEC) * (n + 0.5)) / LISTENS);
    levels.push(measureLevel(await throughDoor(screened.openFile(), (url) => decodeSpan(screened, url, track.index, from, Math.min(end, from + LISTEN_SEC)))));
  }
  return levels;
}

async function decodeSpan({ signal }: Screened, url: string, track: number, from: number, to: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const outcome = await runFfmpeg({ arguments: soundReferenceArguments({ url, track, from, to }), niceness: NICENESS, stallMs: STALL_MS, signal, maxOutputBytes: MAX_OUTPUT_BYTES, onData: (chunk) => chunks.push(chunk) });
  const error = ffmpegError(outcome);
  if (error !== undefined) throw error;
  return Buffer.concat(chunks);
}
