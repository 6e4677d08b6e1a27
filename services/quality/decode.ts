/** Decodes with FFmpeg, which is a guest here as anywhere: pictures with their times, or sound. */
import { Readable } from "node:stream";
import { fail } from "../../config/errors.ts";
import { createFragmentSplitter } from "../../media/cmaf/encoder-output.ts";
import { readFragment } from "../../media/cmaf/fragment.ts";
import type { FfmpegArguments } from "../../media/ffmpeg/guest.ts";
import type { Size } from "../../media/quality/picture.ts";
import type { TimedPicture } from "../../media/quality/watch-pictures.ts";
import { ffmpegError, runFfmpeg } from "../../mixins/ffmpeg.ts";

export interface DecodeRun {
  arguments: FfmpegArguments;
  /** Fed to standard input, one after the other; none: the arguments name a file. */
  input?: Iterable<Uint8Array>;
  signal: AbortSignal;
}

/** Nobody waits for a check. */
export const NICENESS = 17;
/** A picture and its boxes. */
const MAX_BOX_BYTES = 4 * 1024 * 1024;
/** More than a minute of sound a segment, and many segments. */
const MAX_SOUND_BYTES = 64 * 1024 * 1024;

/** What FFmpeg said against it; empty: it is sound. @throws what a run that was stopped, or stuck, means */
async function run({ arguments: args, input, signal }: DecodeRun, onData: (chunk: Buffer) => void): Promise<string[]> {
  const stdin = input === undefined ? {} : { stdin: Readable.from(input, { objectMode: false }) };
  const outcome = await runFfmpeg({ arguments: args, ...stdin, niceness: NICENESS, signal, onData });
  if (outcome.outcome === "done") return outcome.complaints;
  if (outcome.outcome === "failed") return [outcome.message];
  throw ffmpegError(outcome) ?? fail("encode_failed", "The check was stopped.");
}

/** `onPicture` gets every frame in order of time; its time is in ticks of the arguments' timescale. */
export async function decodePictures(decode: DecodeRun, { width, height }: Size, onPicture: (shown: TimedPicture) => void): Promise<string[]> {
  const splitter = createFragmentSplitter(MAX_BOX_BYTES);
  return await run(decode, (chunk) => {
    for (const event of splitter.push(chunk)) {
      if (event.kind === "init") continue;
      const { baseDecodeTime, data: [bytes] } = readFragment(event.bytes);
      if (bytes?.byteLength === width * height * 2) onPicture({ time: baseDecodeTime, picture: { width, height, bytes } });
    }
  });
}

export async function decodeSound(decode: DecodeRun): Promise<{ pcm: Buffer; complaints: string[] }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const complaints = await run(decode, (chunk) => {
    bytes += chunk.byteLength;
    if (bytes <= MAX_SOUND_BYTES) chunks.push(chunk);
  });
  return { pcm: Buffer.concat(chunks), complaints };
}
