/** Makes slots of looks at the load, and keeps the last day of them in memory. */
import { SLOT_MS, SLOTS_A_DAY, type ByteRates, type LoadSlot } from "./load-slot.ts";

/** The load at one moment. `queued`: slot-seconds of work that waits, by lane; undefined: nobody could say. */
export interface LoadLook {
  play: number;
  background: number;
  cpu: number;
  slots: number;
  transcoders: number;
  queued: { play: number; normal: number; bulk: number } | undefined;
  /** Undefined: not known of this moment. */
  bytes?: ByteRates | undefined;
}

/** A look stands for the time since the one before, but for no more than this. */
const MAX_STEP_SEC = 30;
const MEANS = ["play", "background", "cpu", "slots", "transcoders"] as const;
const BYTE_MEANS = ["sent", "stored", "fetched", "gateways"] as const;

export function openSlotMeter() {
  let current: LoadSlot | undefined;
  let lastAt: number | undefined;
  let done: LoadSlot[] = [];

  return {
    /** @param at ms since 1970 @param stepSec for which the look stands when it is the first */
    add(at: number, look: LoadLook, stepSec: number): void {
      const since = lastAt === undefined ? stepSec : (at - lastAt) / 1000;
      lastAt = at;
      const seconds = Math.min(MAX_STEP_SEC, since > 0 ? since : 0); // a clock that was put back
      const begins = at - (at % SLOT_MS);
      if (current !== undefined && current.at !== begins) {
        done = [...done, current].slice(-SLOTS_A_DAY);
        current = undefined;
      }
      current ??= { at: begins, seconds: 0, play: 0, peak: 0, background: 0, queuedPlay: 0, queuedNormal: 0, queuedBulk: 0, cpu: 0, slots: 0, transcoders: 0 };
      const total = Math.min(SLOT_MS / 1000, current.seconds + seconds);
      if (total > 0) for (const name of MEANS) current[name] += ((look[name] - current[name]) * Math.min(seconds, total)) / total;
      if (total > 0 && look.bytes !== undefined) {
        current.bytes ??= { ...look.bytes }; // stands for the looks before it as well
        for (const name of BYTE_MEANS) current.bytes[name] += ((look.bytes[name] - current.bytes[name]) * Math.min(seconds, total)) / total;
      }
      current.seconds = total;
      current.peak = Math.max(current.peak, look.play);
      if (look.queued !== undefined) [current.queuedPlay, current.queuedNormal, current.queuedBulk] = [look.queued.play, look.queued.normal, look.queued.bulk];
    },
    /** Those that are over, the oldest first. */
    finished: (): readonly LoadSlot[] => done,
    /** The one that goes on. */
    current: (): LoadSlot | undefined => current,
  };
}

export type SlotMeter = ReturnType<typeof openSlotMeter>;
