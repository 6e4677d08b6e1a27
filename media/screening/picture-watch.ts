/** Watches the frames of a screening: keeps hashes of the moments, counts flashes, and sees whether there is anything to see. Pure. */
import type { Luma } from "../content/moment.ts";
import type { Finding } from "./finding.ts";
import { MOST_FLASHES, openFlashWatch } from "./flashes.ts";
import { hashFrame } from "./frame-hash.ts";
import type { HashedFrame } from "./hash-match.ts";

/** Luma that is black in video range, with what codecs add. */
const BLACK = 24;
/** Mean difference of luma in a picture that stands still. */
const STILL = 1;

/** @param timescale ticks a second @param originTicks the timeline's 0 */
export function openPictureWatch(timescale: number, originTicks: number) {
  const flashes = openFlashWatch(timescale);
  const hashes: HashedFrame[] = [];
  let first: Luma | undefined;
  let [frames, black, moved] = [0, 0, false];

  return {
    /** In order; `wanted`: the frame of a moment. `luma` is kept: it must not be written into again. */
    frame(luma: Luma, time: number, wanted: boolean): void {
      frames++;
      first ??= luma;
      if (luma.every((byte) => byte <= BLACK)) black++;
      moved ||= meanDifference(first, luma) > STILL;
      flashes.frame(luma, time);
      if (!wanted) return;
      const { bits, detail } = hashFrame(luma);
      hashes.push({ at: Math.max(0, time - originTicks), hash: bits, detail });
    },
    /** What comes next lies elsewhere in the video. */
    cut: (): void => flashes.cut(),
    frames: (): number => frames,
    hashes: (): readonly HashedFrame[] => hashes,
    findings(): Finding[] {
      const at = hashes.slice(0, 3).map((hash) => hash.at);
      const spell = flashes.worst();
      return [
        ...(spell.flashes > MOST_FLASHES ? [flashing(spell.flashes, Math.max(0, spell.at - originTicks), timescale)] : []),
        ...(frames > 0 && black === frames ? [{ code: "black" as const, message: "All frames that were looked at are black.", figures: { frames }, frames: at }] : []),
        ...(frames > 1 && !moved && black < frames ? [{ code: "frozen" as const, message: "All frames that were looked at are the same.", figures: { frames }, frames: at }] : []),
      ];
    },
  };
}

export type PictureWatch = ReturnType<typeof openPictureWatch>;

function flashing(flashes: number, at: number, timescale: number): Finding {
  const sec = Math.round((at / timescale) * 10) / 10;
  return {
    code: "flashes", message: `The picture flashes ${flashes} times within a second at ${sec} s; more than ${MOST_FLASHES} may start a seizure.`,
    figures: { flashes, atSec: sec }, frames: [0, 0.15, 0.3, 0.45].map((later) => at + Math.round(later * timescale)),
  };
}

function meanDifference(a: Luma, b: Luma): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / Math.max(1, a.length);
}
