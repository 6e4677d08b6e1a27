/** FFmpeg's arguments for a run that makes a sheet of previews. Pure. */
import type { Facts } from "../facts.ts";
import { formatSeconds } from "../rational.ts";
import { previewsOf, SHEET_COLUMNS, type Storyboard } from "../storyboard.ts";
import { GUEST_OPTIONS, type FfmpegArguments } from "./guest.ts";
import { sayColours, toSdr, turn } from "./picture-filters.ts";
import type { VideoInput } from "./video-arguments.ts";

/** `packets`: key frames whose times are their places on the sheet, a second each. */
export interface SheetRun { facts: Facts; storyboard: Storyboard; sheet: number; input: VideoInput }

const SEEK_MARGIN_SEC = 1;
const STAND_STILL = "tpad=stop=-1:stop_mode=clone";

export function sheetArguments({ facts, storyboard, sheet, input }: SheetRun): FfmpegArguments {
  const { video } = facts;
  const { first, end } = previewsOf(storyboard, sheet);
  const count = end - first;
  const filters = [
    // A place without a key frame of its own shows the one before; at the end of a file `fps` would drop the last.
    ...(input.kind === "packets" ? [`setpts=PTS-${input.offset}`, "fps=1:start_time=0", STAND_STILL] : place(facts, storyboard, first)),
    `trim=end_frame=${count}`,
    ...(input.kind === "packets" ? turn(video) : []),
    ...sayColours(video),
    `scale=${storyboard.width}:${storyboard.height}:flags=area`, ...toSdr(video), "scale=out_color_matrix=bt601:out_range=pc",
    "setsar=1", "format=yuvj420p", `tile=${SHEET_COLUMNS}x${Math.ceil(count / SHEET_COLUMNS)}`,
  ];
  return {
    input: input.kind === "packets" ? "pipe:0" : input.url,
    inputOptions: [
      ...GUEST_OPTIONS, "-copyts", "-threads", "1",
      ...(input.kind === "packets" ? ["-f", "mp4", "-noautorotate"] : ["-skip_frame", "nokey", ...seek(facts, first * storyboard.intervalSec)]),
    ],
    outputOptions: [
      "-map", `0:v:${input.kind === "packets" ? 0 : video.index}`, "-vf", filters.join(","),
      "-frames:v", "1", "-fps_mode", "passthrough", "-an", "-sn", "-dn", "-map_metadata", "-1", "-c:v", "mjpeg", "-q:v", "5", "-f", "image2pipe",
    ],
  };
}

function seek({ video, originTicks }: Facts, fromSec: number): string[] {
  const from = fromSec - SEEK_MARGIN_SEC;
  return from <= 0 ? [] : ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", formatSeconds(originTicks + from * video.timescale, video.timescale)];
}

function place({ video, originTicks }: Facts, { intervalSec }: Storyboard, first: number): string[] {
  const offset = originTicks + first * intervalSec * video.timescale;
  return [...(offset === 0 ? [] : [`setpts=PTS-${offset}`.replace("--", "+")]), STAND_STILL, `fps=1/${intervalSec}:start_time=0:round=down`];
}
