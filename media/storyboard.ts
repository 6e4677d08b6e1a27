/**
 * Previews for seeking: sheets of small pictures, and a WebVTT track that says which part of which sheet belongs to which
 * time, as players take it (`#xywh`, W3C Media Fragments). Known from the plan alone. Pure.
 */
import type { Facts } from "./facts.ts";
import { rescaleFloor } from "./rational.ts";

export const SHEET_COLUMNS = 10;
const SHEET_PREVIEWS = SHEET_COLUMNS * 10;
/** Of the longer side, in pixels. */
const PREVIEW_SIDE = 160;
/** Pictures of one video; of a longer one they are further apart. */
const MAX_PREVIEWS = 2_000;
const LONG_SEC = 1_800;
/** What the queue calls the work, among renditions. */
export const STORYBOARD = "storyboard";

export interface Storyboard {
  /** Seconds from one preview to the next. */
  intervalSec: number;
  previews: number;
  sheets: number;
  width: number;
  height: number;
}

export function planStoryboard({ video, originTicks }: Facts): Storyboard {
  const seconds = Math.max(1, Math.ceil((video.end - originTicks) / video.timescale));
  const intervalSec = Math.max(seconds <= LONG_SEC ? 5 : 10, Math.ceil(seconds / MAX_PREVIEWS));
  const previews = Math.ceil(seconds / intervalSec);
  const scale = PREVIEW_SIDE / Math.max(1, video.displayWidth, video.displayHeight);
  const even = (pixels: number): number => Math.max(2, 2 * Math.round((pixels * scale) / 2));
  return { intervalSec, previews, sheets: Math.ceil(previews / SHEET_PREVIEWS), width: even(video.displayWidth), height: even(video.displayHeight) };
}

/** Previews [first, end) are on the sheet. */
export function previewsOf({ previews }: Storyboard, sheet: number): { first: number; end: number } {
  return { first: sheet * SHEET_PREVIEWS, end: Math.min(previews, (sheet + 1) * SHEET_PREVIEWS) };
}

export interface SheetFrame { /** Position on the sheet, from 0. */ position: number; /** Presentation time of a key frame, in the source. */ pts: number }

/** The key frames that are shown on a sheet, each once, at its first place: the first of a preview's interval, or the last before it. */
export function pickSheetFrames(facts: Facts, storyboard: Storyboard, sheet: number): SheetFrame[] {
  const { video, originTicks } = facts;
  const { first, end } = previewsOf(storyboard, sheet);
  const ticks = storyboard.intervalSec * video.timescale;
  const frames: SheetFrame[] = [];
  for (let preview = first; preview < end; preview++) {
    const from = originTicks + preview * ticks;
    const own = video.keyFrames.find((key) => key >= from && key < from + ticks);
    const pts = own ?? video.keyFrames.findLast((key) => key < from) ?? video.keyFrames[0];
    if (pts !== undefined && pts !== frames.at(-1)?.pts) frames.push({ position: preview - first, pts });
  }
  return frames;
}

/** `sheetUrl`: relative to the track's own. */
export function formatStoryboard(facts: Facts, sheetUrl: (sheet: number) => string): string {
  const storyboard = planStoryboard(facts);
  const { intervalSec, previews, width, height } = storyboard;
  const endMs = rescaleFloor(facts.video.end - facts.originTicks, facts.video.timescale, 1000);
  const cues = Array.from({ length: previews }, (_, i) => {
    const [sheet, place] = [Math.floor(i / SHEET_PREVIEWS), i % SHEET_PREVIEWS];
    const [x, y] = [(place % SHEET_COLUMNS) * width, Math.floor(place / SHEET_COLUMNS) * height];
    const [from, to] = [i * intervalSec * 1000, Math.min((i + 1) * intervalSec * 1000, Math.max(endMs, i * intervalSec * 1000 + 1))];
    return `${formatCueTime(from)} --> ${formatCueTime(to)}\n${sheetUrl(sheet)}#xywh=${x},${y},${width},${height}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

/** `hh:mm:ss.ttt` (WebVTT 3.3). */
function formatCueTime(ms: number): string {
  const part = (value: number, digits: number): string => String(Math.floor(value)).padStart(digits, "0");
  return `${part(ms / 3_600_000, 2)}:${part((ms / 60_000) % 60, 2)}:${part((ms / 1000) % 60, 2)}.${part(ms % 1000, 3)}`;
}
