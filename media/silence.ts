/**
 * Silence where a repackaged sound has not begun or has ended. A player whose buffer has a hole there stops, jumps over the
 * picture, or (where it puts segments one after the other) shifts the sound; so every segment has sound from its start to
 * its end, on the one grid of frames that the sound's own packets are on. Pure.
 */
import type { Packet } from "./cmaf/samples.ts";
import { AAC_FRAME } from "./aac.ts";
import { rescaleCeil, rescaleFloor } from "./rational.ts";

/** Frames of AAC-LC begin every 1024 samples from `start`, in ticks of `timescale` on the timeline, and before it. */
export interface FrameGrid { start: number; timescale: number; sampleRate: number }

/** Frames of AAC-LC that decode to silence, by channels. */
const SILENCE: Readonly<Record<number, Uint8Array>> = {
  1: Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80),
  2: Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80),
};

/** The first time on the grid that is not before `time`. */
export function nextFrameTime(grid: FrameGrid, time: number): number {
  return frameTime(grid, frameFrom(grid, time));
}

/** Frames begin at whole ticks, rounded up: one that is less than a tick before `time` begins at it. */
const frameFrom = ({ start, timescale, sampleRate }: FrameGrid, time: number): number => rescaleFloor(time - start - 1, timescale * AAC_FRAME, sampleRate) + 1;
const frameTime = ({ start, timescale, sampleRate }: FrameGrid, frame: number): number => start + rescaleCeil(frame * AAC_FRAME, sampleRate, timescale);

/** `packets` in order, of [start, end), with silence before the first and after the last of them; at least one packet in all. */
export function fillWithSilence(packets: readonly Packet[], [start, end]: readonly [number, number], grid: FrameGrid, channels: number): Packet[] {
  const silent = (from: number, to: number): Packet[] => {
    const filled: Packet[] = [];
    for (let frame = frameFrom(grid, from); frameTime(grid, frame) < to; frame++) {
      const pts = frameTime(grid, frame);
      filled.push(silentPacket(channels, pts, frameTime(grid, frame + 1) - pts));
    }
    return filled;
  };
  const [first, last] = [packets[0], packets.at(-1)];
  if (first === undefined || last === undefined) {
    const whole = silent(start, end);
    return whole.length > 0 ? whole : [silentPacket(channels, start, end - start)]; // shorter than a frame, and none falls into it
  }
  const half = rescaleCeil(AAC_FRAME / 2, grid.sampleRate, grid.timescale); // packets may be off the grid by a rounding
  return [...silent(start, first.pts - half), ...packets, ...silent(last.pts + (last.duration ?? 0) - half, end).filter(({ pts }) => pts > last.pts)];
}

function silentPacket(channels: number, pts: number, duration: number): Packet {
  return { pts, duration: Math.max(1, duration), isKey: true, data: SILENCE[channels] ?? new Uint8Array(6) };
}
