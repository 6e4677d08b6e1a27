/** Decodes parts of a source for a screening into small pictures of one size, in order, with FFmpeg as a guest. */
import { Readable } from "node:stream";
import { screeningArguments, COLOUR_BYTES, GREY_BYTES, type ScreenedInput, type ScreenedPixels } from "../../media/ffmpeg/screening-arguments.ts";
import { feedReference } from "../../media/quality/reference-feed.ts";
import { fail } from "../../config/errors.ts";
import type { Packet } from "../../mixins/demuxer/demuxer.contract.ts";
import { ffmpegError, runFfmpeg } from "../../mixins/ffmpeg.ts";
import type { Screened } from "./open-screened.ts";

/** Nobody waits for it: not even a check of a segment. */
export const NICENESS = 18;
/** On a busy machine it gets little of the processor, and stands still for no fault of its own. */
export const STALL_MS = 60_000;
/** A minute at 60 frames a second, grey. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** `pixels` are the receiver's to keep. */
export type OnPicture = (pixels: Uint8Array, n: number) => void;

/** @returns how many frames came @throws encode_failed, encode_stalled, and what ends the screening */
async function decode({ signal }: Screened, pixels: ScreenedPixels, input: ScreenedInput, stdin: Readable | undefined, onPicture: OnPicture): Promise<number> {
  const size = pixels === "grey" ? GREY_BYTES : COLOUR_BYTES;
  let picture = Buffer.alloc(size);
  let [filled, shown] = [0, 0];
  const outcome = await runFfmpeg({
    arguments: screeningArguments(pixels, input), ...(stdin === undefined ? {} : { stdin }), niceness: NICENESS, stallMs: STALL_MS, signal, maxOutputBytes: MAX_OUTPUT_BYTES,
    onData(chunk) {
      for (let at = 0; at < chunk.byteLength;) {
        const copied = chunk.copy(picture, filled, at);
        at += copied;
        filled += copied;
        if (filled < size) return;
        onPicture(picture, shown++);
        picture = Buffer.alloc(size);
        filled = 0;
      }
    },
  });
  const error = ffmpegError(outcome);
  if (error !== undefined) throw error;
  if (shown === 0) throw fail("encode_failed", "FFmpeg decoded no frame.");
  return shown;
}

/** Groups of packets, each from a key frame on. */
export function decodePackets(screened: Screened, pixels: ScreenedPixels, packets: readonly Packet[], onPicture: OnPicture): Promise<number> {
  const { video, originTicks } = screened.plan.facts;
  const { pieces } = feedReference(video, packets, originTicks);
  return decode(screened, pixels, { kind: "packets" }, Readable.from(pieces, { objectMode: false }), onPicture);
}

/** Where frames cannot be fed: from about `fromMicros` of the source on. @throws what a read threw */
export function decodeFile(screened: Screened, pixels: ScreenedPixels, url: string, fromMicros: number, frames: number, onPicture: OnPicture): Promise<number> {
  return decode(screened, pixels, { kind: "file", url, track: screened.plan.facts.video.index, fromMicros, frames }, undefined, onPicture);
}
