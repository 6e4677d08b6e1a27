/** A WebVTT file (W3C WebVTT 4.1) of cues that a stranger's source holds. Pure. */
import { cleanCueText } from "./cue-text.ts";

/** In milliseconds. */
export interface Cue { start: number; end: number; text: string }

const MAX_CUES = 20_000;
/** As many as are at once on a screen that can still be read; a source with hundreds is no caption but an attack. */
const MAX_AT_ONCE = 8;

/** Cues in order, cut to [0, `durationMs`), clean; those that show nothing, or repeat one, are left out. */
export function formatWebVtt(cues: readonly Cue[], durationMs: number): string {
  const shown = bound(cues.flatMap(({ start, end, text }) => {
    const cue = { start: Math.max(0, Math.round(start)), end: Math.min(durationMs, Math.round(end)), text: cleanCueText(text) };
    return cue.text === "" || cue.end <= cue.start ? [] : [cue];
  }).toSorted((a, b) => a.start - b.start || a.end - b.end));
  return ["WEBVTT", ...shown.map(({ start, end, text }) => `${formatTime(start)} --> ${formatTime(end)}\n${text}`)].join("\n\n") + "\n";
}

function bound(sorted: readonly Cue[]): Cue[] {
  const kept: Cue[] = [];
  let standing: Cue[] = [];
  for (const cue of sorted) {
    standing = standing.filter((other) => other.end > cue.start);
    const repeated = standing.some((other) => other.start === cue.start && other.end === cue.end && other.text === cue.text);
    if (repeated || standing.length >= MAX_AT_ONCE) continue;
    standing.push(cue);
    kept.push(cue);
    if (kept.length >= MAX_CUES) break;
  }
  return kept;
}

function formatTime(ms: number): string {
  const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");
  return `${pad(Math.floor(ms / 3_600_000), 2)}:${pad(Math.floor(ms / 60_000) % 60, 2)}:${pad(Math.floor(ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
}
