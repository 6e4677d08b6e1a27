/** FFmpeg's arguments for a run that makes one frame of a video an image. Pure. */
import type { Facts } from "../facts.ts";
import { formatSeconds } from "../rational.ts";
import { GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";
import { sayColours, scaler, toSdr, turn, weave } from "./picture-filters.ts";
import type { VideoInput } from "./video-arguments.ts";

/** `avif` comes out of FFmpeg as a bare AV1 picture: its AVIF muxer wants to seek. */
export const STILL_FORMATS = ["jpg", "webp", "png", "avif"] as const;
export type StillFormat = (typeof STILL_FORMATS)[number];

export interface StillRun {
  facts: Facts;
  /** Of packets: the frame's own time. Of a file: the time at which the frame is shown. Ticks of the video track, on the timeline. */
  at: number;
  width: number;
  height: number;
  format: StillFormat;
  input: VideoInput;
}

/** Where a seek lands is the demuxer's business: this much early, in seconds, the frame that is shown is surely there. */
const SEEK_MARGIN_SEC = 2;

export function stillArguments(run: StillRun): FfmpegArguments {
  const { facts, input, format } = run;
  return {
    input: input.kind === "packets" ? "pipe:0" : input.url,
    inputOptions: [...GUEST_OPTIONS, "-copyts", ...(input.kind === "packets" ? ["-f", "mp4", "-noautorotate"] : seek(run))],
    outputOptions: [
      "-map", `0:v:${input.kind === "packets" ? 0 : facts.video.index}`,
      "-vf", [...pick(run), ...(input.kind === "packets" ? turn(facts.video) : []), ...shape(run)].join(","),
      "-frames:v", "1", "-fps_mode", "passthrough", "-an", "-sn", "-dn", "-map_metadata", "-1",
      ...ENCODERS[format],
    ],
  };
}

const ENCODERS: Readonly<Record<StillFormat, readonly string[]>> = {
  jpg: ["-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe"],
  webp: ["-c:v", "libwebp", "-quality", "80", "-compression_level", "2", "-f", "image2pipe"],
  png: ["-c:v", "png", "-f", "image2pipe"],
  avif: ["-c:v", "libaom-av1", "-still-picture", "1", "-usage", "realtime", "-cpu-used", "8", "-crf", "30", "-b:v", "0", "-row-mt", "1", "-f", "obu"],
};

/** JPEG (JFIF), WebP and an AVIF that says so have the matrix of BT.601, whatever the video's is. */
const COLOURS: Readonly<Record<StillFormat, { scale: string; format: string }>> = {
  jpg: { scale: "out_color_matrix=bt601:out_range=pc", format: "yuvj420p" },
  webp: { scale: "out_color_matrix=bt601:out_range=tv", format: "yuv420p" },
  png: { scale: "out_range=pc", format: "rgb24" },
  avif: { scale: "out_color_matrix=bt601:out_range=pc", format: "yuv420p" },
};

function seek({ facts, at }: StillRun): string[] {
  const { timescale } = facts.video;
  const from = at - SEEK_MARGIN_SEC * timescale;
  return from <= 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(facts.originTicks + from, timescale)];
}

/**
 * Lets only the wanted frame through. Which one of a file's that is, only the next one tells: all that are not too late get
 * time 0, of which `fps` keeps the last; the end of the file is followed by frames that are late enough.
 */
function pick({ facts, at, input }: StillRun): string[] {
  const offset = input.kind === "packets" ? input.offset : facts.originTicks;
  return [
    ...(offset === 0 ? [] : [`setpts=PTS-${offset}`.replace("--", "+")]),
    ...weave(facts.video),
    ...(input.kind === "packets" ? [`trim=start_pts=${at}:end_pts=${at + 1}`] : ["tpad=stop=-1:stop_mode=clone", `setpts='if(gt(PTS,${at}),${2 * facts.video.timescale},0)'`, "fps=1:round=down"]),
  ];
}

function shape({ facts, width, height, format }: StillRun): string[] {
  const { video } = facts;
  const sized = `scale=${width}:${height}:flags=${scaler(video, width)}`;
  const colours = COLOURS[format];
  return [
    ...sayColours(video),
    ...(video.hdr ? [sized, ...toSdr(video), `scale=${colours.scale}`] : [`${sized}:${colours.scale}`]),
    "setsar=1", `format=${colours.format}`,
  ];
}
