/**
 * The encoders that the mesh has settled on, proven on this node. FFmpeg lists encoders for graphics cards that are not
 * there, and drivers differ in what they obey: a card is tried with a few frames, and is used only where its key frames
 * stand as they were asked for. Every node makes segments of the same renditions, so one that cannot does not start.
 */
import { existsSync } from "node:fs";
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { createFragmentSplitter } from "../../media/cmaf/encoder-output.ts";
import { readFragment } from "../../media/cmaf/fragment.ts";
import { encoderOptions, encoderSetup } from "../../media/ffmpeg/encoder-options.ts";
import { FRAGMENTED_OUTPUT } from "../../media/ffmpeg/guest.ts";
import { tuningOf } from "../../media/ffmpeg/tuning.ts";
import { encoderFor, VIDEO_ENCODERS, type EncoderChoice, type EncoderKind, type VideoEncoder } from "../../media/video-encoders.ts";
import { execGuest } from "../../mixins/exec-guest.ts";
import type { Guest } from "../../mixins/guest.ts";

export interface EncoderPorts {
  guest: Guest;
  /** Names of what `ffmpeg -encoders` lists. */
  listed: ReadonlySet<string>;
  logger: Pick<Logger, "info" | "warn">;
  signal: AbortSignal;
}

/** A driver that hangs is not one to use; a card that wakes up needs a second. */
const TRIAL_MS = 10_000;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** Smaller pictures than this are refused by some cards. */
const PICTURE = "testsrc2=size=640x360:rate=25";
/** Frames of the first and the second segment: both shorter than half a second, where a fragment ends, too. */
const SEGMENTS = [7, 6] as const;

/** Tries what the settings name; the log says what encodes. @throws Error naming the encoder that this node lacks, and why */
export async function proveEncoders({ kind, codecs }: EncoderChoice, { guest, listed, logger, signal }: EncoderPorts): Promise<void> {
  for (const codec of codecs) {
    const software = encoderFor(codec, "software");
    if (!listed.has(software)) throw new Error(`LECTERN_VIDEO_CODECS names ${codec}, and this FFmpeg has no ${software}.`);
    const encoder = encoderFor(codec, kind);
    if (encoder === software) {
      logger.info(`Video is encoded as ${codec} by ${software}.`);
      continue;
    }
    const fault = listed.has(encoder) ? await tryEncoder(guest, encoder, signal) : "this FFmpeg does not have it";
    if (signal.aborted) return;
    if (fault !== undefined) throw new Error(`LECTERN_ENCODER is ${kind}, and ${encoder} does not work here: ${fault}`);
    logger.info(`Video is encoded as ${codec} by ${encoder}, and its lowest rung by ${software}.`);
  }
}

/** What shows that there is a card of a kind. */
const DEVICES: Readonly<Record<Exclude<EncoderKind, "software">, string>> = { nvenc: "/dev/nvidiactl", qsv: "/dev/dri/renderD128", vaapi: "/dev/dri/renderD128" };

/** Says in the log which card could do what the processor does. `isThere`: whether a device is. */
export async function suggestCard({ codecs }: EncoderChoice, { guest, listed, logger, signal }: EncoderPorts, isThere: (device: string) => boolean = existsSync): Promise<void> {
  for (const [kind, device] of Object.entries(DEVICES)) {
    if (!isThere(device)) continue;
    const encoders = codecs.map((codec) => encoderFor(codec, kind as EncoderKind)).filter((encoder) => VIDEO_ENCODERS[encoder].hardware && listed.has(encoder));
    const faults = await Promise.all(encoders.map((encoder) => tryEncoder(guest, encoder, signal)));
    if (signal.aborted || encoders.length === 0 || faults.some((fault) => fault !== undefined)) continue;
    logger.info(`This node's graphics card works (${encoders.join(", ")}): where all nodes that transcode have one, LECTERN_ENCODER=${kind} uses it.`);
    return;
  }
}

/** Why an encoder is not to be used here; undefined: it is. */
export async function tryEncoder(guest: Guest, encoder: VideoEncoder, signal: AbortSignal): Promise<string | undefined> {
  const { inputOptions, filters } = encoderSetup(encoder);
  const level = 31; // of 720p in every codec: no encoder objects
  const args = [
    "-nostdin", "-hide_banner", "-v", "error", ...inputOptions, "-f", "lavfi", "-i", PICTURE, "-frames:v", String(SEGMENTS[0] + SEGMENTS[1]),
    "-vf", ["format=yuv420p", ...filters].join(","),
    ...encoderOptions({ encoder, level, peakKbps: 1_000, quality: 28, threads: 1, content: "camera", tuning: tuningOf(undefined, "play"), keyTimes: `0,${(SEGMENTS[0] / 25).toFixed(6)}` }).flat(),
    ...FRAGMENTED_OUTPUT, "pipe:1",
  ];
  const start = guest.start("ffmpeg", undefined, { hardware: VIDEO_ENCODERS[encoder].hardware });
  const { stdout, stderr, fault } = await execGuest([...start, ...args], { timeoutMs: TRIAL_MS, maxOutputBytes: MAX_OUTPUT_BYTES, signal });
  if (fault === undefined) return judgeOutput(stdout);
  // Without which instance said it: an address.
  return stderr.trim().split("\n")[0]?.replace(/^\[[^\]]*\] /, "") || (fault === "too_long" ? "it took too long" : "it failed without a word");
}

function judgeOutput(output: Buffer): string | undefined {
  try {
    const splitter = createFragmentSplitter(MAX_OUTPUT_BYTES);
    const fragments = splitter.push(output).flatMap((event) => (event.kind === "fragment" ? [readFragment(event.bytes).samples] : []));
    splitter.end();
    const asAsked = fragments.length === SEGMENTS.length && fragments.every((samples, n) => samples.length === SEGMENTS[n] && samples.every(({ isKey }, frame) => isKey === (frame === 0)));
    return asAsked ? undefined : "its key frames are not where they should be";
  } catch (error) {
    return errorMessage(error);
  }
}
