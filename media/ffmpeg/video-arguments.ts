/** FFmpeg's arguments for a run that encodes consecutive segments of one or several video renditions. Pure. */
import { decimation } from "../frame-rate.ts";
import type { Plan, VideoRendition } from "../plan.ts";
import { formatSeconds } from "../rational.ts";
import { findHeldFrame } from "../timeline.ts";
import type { Profile } from "../content/profile.ts";
import { levelOf } from "../ladder.ts";
import { tuningOf, type TuningLane } from "./tuning.ts";
import { encoderOf } from "../video-encoders.ts";
import { encoderOptions, encoderSetup } from "./encoder-options.ts";
import { INPUT_EFFORT, X264_EFFORT, type Effort } from "./effort.ts";
import { FRAGMENTED_OUTPUT, GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";
import { sayColours, scaler, toSdr, turn, weave } from "./picture-filters.ts";

export interface VideoRun {
  plan: Plan;
  /** Made of one decode; each becomes a track of the output, in this order. */
  renditions: readonly VideoRendition[];
  /** First and last segment, inclusive. */
  first: number;
  last: number;
  input: VideoInput;
  threads: number;
  /** What the video shows; undefined while nobody has looked. */
  profile?: Profile | undefined;
  /** Whether a viewer waits for it. */
  lane: TuningLane;
  effort?: Effort;
}

/**
 * `packets`: fragmented MP4 on standard input, with times of the timeline plus `offset` ticks of the video track.
 * `file`: the whole source, at a URL of the node's own loopback.
 */
export type VideoInput = { kind: "packets"; offset: number } | { kind: "file"; url: string };

/** Where a seek lands is the demuxer's business: this much early, in seconds, the frame shown at the cut is surely there. */
const SEEK_MARGIN_SEC = 1;

export function videoArguments(run: VideoRun): FfmpegArguments {
  const { plan, renditions, input, effort = "usual" } = run;
  return {
    input: input.kind === "packets" ? "pipe:0" : input.url,
    inputOptions: [
      ...GUEST_OPTIONS, "-copyts", ...card(renditions), ...INPUT_EFFORT[effort],
      "-reinit_filter", "0", // a change of size mid-way is scaled: a new filter graph would begin its frames anew
      ...(input.kind === "packets" ? ["-f", "mp4", "-noautorotate"] : seek(run)),
    ],
    outputOptions: [
      ...graph(run),
      ...renditions.flatMap((rendition, index) => encoder(run, rendition, renditions.length === 1 ? "" : `:v:${index}`)),
      "-fps_mode", "passthrough", "-video_track_timescale", String(plan.timescale),
      ...FRAGMENTED_OUTPUT,
    ],
  };
}

/** Opens the graphics card, of which a mesh has one kind. */
function card(renditions: readonly VideoRendition[]): readonly string[] {
  return renditions.map((rendition) => encoderSetup(encoderOf(rendition)).inputOptions).find((options) => options.length > 0) ?? [];
}

/** `stream`: what FFmpeg's options are qualified with where there are several. */
function encoder({ plan, first, last, threads, profile, lane, effort = "usual" }: VideoRun, rendition: VideoRendition, stream: string): string[] {
  const { preset, crf, x264Params } = tuningOf(profile, lane);
  const options: [string, string][] = [
    ...encoderOptions({
      encoder: encoderOf(rendition), level: levelOf(rendition), peakKbps: peakKbps(rendition), quality: crf, threads,
      content: profile === "slides" || profile === "screencast" ? "slides" : "camera",
      tuning: { preset, x264Params: `${x264Params}${X264_EFFORT[effort]}` },
      keyTimes: boundaryTimes(plan, first, last),
    }),
    ["-enc_time_base", `1:${plan.timescale}`],
  ];
  return options.flatMap(([name, value]) => [stream === "" ? name : `${name.replace(/:v$/, "")}${stream}`, value]);
}

function graph(run: VideoRun): string[] {
  const { plan, renditions, input } = run;
  const source = `0:v:${input.kind === "packets" ? 0 : plan.facts.video.index}`;
  const [only, ...others] = renditions;
  if (only !== undefined && others.length === 0) return ["-map", source, "-vf", [...timing(run), ...shape(run, only)].join(",")];
  const branches = renditions.map((rendition, index) => `[in${index}]${shape(run, rendition).join(",")}[out${index}]`);
  const split = `[${source}]${[...timing(run), `split=${renditions.length}`].join(",")}${renditions.map((_, index) => `[in${index}]`).join("")}`;
  return ["-filter_complex", [split, ...branches].join(";"), ...renditions.flatMap((_, index) => ["-map", `[out${index}]`])];
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
function timing(run: VideoRun): string[] {
  const { plan, input } = run;
  const { video, originTicks } = plan.facts;
  const offset = input.kind === "packets" ? input.offset : originTicks;
  return [
    ...(offset === 0 ? [] : [`setpts=PTS-${offset}`.replace("--", "+")]),
    ...weave(video),
    ...(plan.cut === "source" ? selectOwn(run) : selectOnGrid(run)),
    ...(input.kind === "packets" ? turn(video) : []),
    ...sayColours(video),
  ];
}

function selectOwn(run: VideoRun): string[] {
  const { video } = run.plan.facts;
  const { start, end } = span(run);
  const held = findHeldFrame(run.plan.facts, start);
  const { num, den } = video.frameRate;
  const every = decimation(video.frameRate);
  return [
    ...(every === 1 ? [] : [`select='not(mod(round(pts*${num}/${den * video.timescale}),${every}))'`]),
    `trim=start_pts=${held ?? start}:end_pts=${end}`,
    ...(held === undefined ? [] : [`setpts='max(PTS,${start})'`]), // the frame that stands at the boundary is shown again
  ];
}

function selectOnGrid(run: VideoRun): string[] {
  const [{ num, den } = { num: 25, den: 1 }] = run.renditions.map((rendition) => rendition.frameRate);
  const frame = (run.plan.timescale / num) * den;
  const { start, end } = span(run);
  return [`fps=${num}/${den}:eof_action=pass`, "tpad=stop=-1:stop_mode=clone", `trim=start_pts=${start / frame}:end_pts=${end / frame}`];
}

function shape({ plan }: VideoRun, rendition: VideoRendition): string[] {
  const { video } = plan.facts;
  return [
    `scale=${rendition.width}:${rendition.height}:flags=${scaler(video, rendition.width)}:out_range=tv`,
    ...toSdr(video), // its last step, not the scaler, makes BT.709 of it
    "setsar=1", "format=yuv420p", ...encoderSetup(encoderOf(rendition)).filters,
  ];
}

function boundaryTimes({ boundaries, timescale }: Plan, first: number, last: number): string {
  return boundaries.slice(first, last + 1).map((ticks) => formatSeconds(ticks, timescale)).join(",");
}

/** The rung's promise to players is its peak; the encoder's ceiling leaves room for the container. */
function peakKbps(rendition: VideoRendition): number {
  return Math.round(rendition.bandwidth / 1.25 / 1000);
}
