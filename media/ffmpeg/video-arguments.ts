/** FFmpeg's arguments for a run that encodes consecutive segments of one video rendition. Pure. */
import type { VideoFacts } from "../facts.ts";
import type { Plan, VideoRendition } from "../plan.ts";
import { formatSeconds } from "../rational.ts";
import { FRAGMENTED_OUTPUT, GUEST_OPTIONS, inputGuard, type FfmpegArguments } from "./guest.ts";

export interface VideoRun {
  plan: Plan;
  rendition: VideoRendition;
  /** First and last segment, inclusive. */
  first: number;
  last: number;
  input: VideoInput;
  threads: number;
}

/**
 * `packets`: fragmented MP4 on standard input, with times of the timeline plus `offset` ticks of the video track.
 * `file`: the whole source, at a URL of the node's own loopback.
 */
export type VideoInput = { kind: "packets"; offset: number } | { kind: "file"; url: string };

/** Where a seek lands is the demuxer's business: this much early, in seconds, the frame shown at the cut is surely there. */
const SEEK_MARGIN_SEC = 1;

export function videoArguments(run: VideoRun): FfmpegArguments {
  const { plan, rendition, input } = run;
  const timescale = plan.timescale;
  return {
    input: input.kind === "packets" ? "pipe:0" : input.url,
    inputOptions: [
      ...GUEST_OPTIONS, ...inputGuard(input.kind), "-copyts",
      "-reinit_filter", "0", // a change of size mid-way is scaled: a new filter graph would begin its frames anew
      ...(input.kind === "packets" ? ["-f", "mp4", "-noautorotate"] : seek(run)),
    ],
    outputOptions: [
      "-map", `0:v:${input.kind === "packets" ? 0 : plan.facts.video.index}`,
      "-vf", filters(run),
      "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-level:v", levelOf(rendition),
      "-crf", "23", "-maxrate", `${peakKbps(rendition)}k`, "-bufsize", `${peakKbps(rendition)}k`,
      // Key frames stand at boundaries and nowhere else, so that each fragment is a segment.
      "-x264-params", "keyint=infinite:scenecut=0:open-gop=0", "-forced-idr", "1", "-force_key_frames", boundaryTimes(run),
      "-threads", String(run.threads),
      "-fps_mode", "passthrough", "-enc_time_base", `1:${timescale}`, "-video_track_timescale", String(timescale),
      ...FRAGMENTED_OUTPUT,
    ],
  };
}

/** The timeline's ticks at which the run starts and ends. */
function span({ plan, first, last }: VideoRun): { start: number; end: number } {
  return { start: plan.boundaries[first] ?? 0, end: plan.boundaries[last + 1] ?? 0 };
}

function seek(run: VideoRun): string[] {
  const { plan } = run;
  const { video, originTicks } = plan.facts;
  const microseconds = Math.floor((originTicks / video.timescale + span(run).start / plan.timescale - SEEK_MARGIN_SEC) * 1e6);
  return run.first === 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(microseconds, 1_000_000)];
}

/** From the decoder's times to frames of the timeline, exactly those of the run. */
function filters(run: VideoRun): string {
  const { plan, rendition, input } = run;
  const { video, originTicks } = plan.facts;
  const { start, end } = span(run);
  const offset = input.kind === "packets" ? input.offset : originTicks;
  const toTimeline = offset === 0 ? [] : [`setpts=PTS-${offset}`.replace("--", "+")];
  const { num, den } = rendition.frameRate;
  const frame = (plan.timescale / num) * den;
  const cut = plan.cut === "keys"
    ? [`trim=start_pts=${start}:end_pts=${end}`]
    : [`fps=${num}/${den}:eof_action=pass`, `tpad=stop=-1:stop_mode=clone`, `trim=start_pts=${start / frame}:end_pts=${end / frame}`];
  return [
    ...toTimeline, ...cut,
    ...(video.interlaced ? ["yadif=mode=send_frame"] : []),
    ...(input.kind === "packets" ? rotate(video.rotation) : []),
    `scale=${rendition.width}:${rendition.height}:flags=${scaler(video, rendition)}`,
    ...(video.hdr ? TO_SDR : []), // after scaling: it works in floating point, and its last step, not the scaler, then makes BT.709 of it
    "setsar=1", "format=yuv420p",
  ].join(",");
}

/**
 * Averaging areas takes 0.4 (1080p to 360p) to 0.55 (to 720p) of bicubic's time. Small text is as sharp at 720p and
 * sharper below (SSIM of 1080p slides at 360p: 0.912 against 0.905); nearer to the source's size bicubic stays.
 */
function scaler(video: VideoFacts, rendition: VideoRendition): string {
  return video.displayWidth >= 1.5 * rendition.width ? "area" : "bicubic";
}

/** HDR is BT.2020 (ITU-R BT.2100), also where the stream says only its transfer; zscale refuses what is not said. */
const TO_SDR = ["setparams=color_primaries=bt2020:colorspace=bt2020nc", "zscale=t=linear:npl=100", "format=gbrpf32le", "zscale=p=bt709", "tonemap=hable:desat=0", "zscale=t=bt709:m=bt709:r=tv"];

function rotate(rotation: VideoFacts["rotation"]): string[] {
  switch (rotation) {
    case 0: return [];
    case 90: return ["transpose=clock"];
    case 180: return ["hflip", "vflip"];
    case 270: return ["transpose=cclock"];
    default: return rotation satisfies never;
  }
}

function boundaryTimes({ plan, first, last }: VideoRun): string {
  return plan.boundaries.slice(first, last + 1).map((ticks) => formatSeconds(ticks, plan.timescale)).join(",");
}

/** The rung's promise to players is its peak; the encoder's ceiling leaves room for the container. */
function peakKbps(rendition: VideoRendition): number {
  return Math.round(rendition.bandwidth / 1.25 / 1000);
}

function levelOf(rendition: VideoRendition): string {
  const level = Number.parseInt(rendition.codecs.slice(-2), 16);
  return `${Math.floor(level / 10)}.${level % 10}`;
}
