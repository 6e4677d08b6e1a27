/**
 * How libx264 is told to encode what a video shows. Pure.
 *
 * Segments made before the profile was known and those made after it share an init segment, so every tuning gives the
 * same sequence and picture parameter sets (ITU-T H.264 7.3.2.1, 7.3.2.2). libx264 writes into them, beside size, level
 * and profile: `ref` (num_ref_idx_l0_default_active), `bframes` (6 or more need a longer pic_order_cnt_lsb; none need
 * less), `b-pyramid`, whether `weightp` and `weightb` are used, `8x8dct`, `cabac`, the chroma offset, which psy-rd
 * lowers by 2 where `subme` is 6 or more, and the rate factor (pic_init_qp), so that it is shifted by a zone over all
 * frames instead. What is free: motion search, decision, quantisation, lookahead, deblocking.
 */
import type { Profile } from "../content/profile.ts";

const CRF = 23;

export interface Tuning {
  preset: string;
  /** The same for all, see above. */
  crf: typeof CRF;
  /** `-x264-params`, complete. */
  x264Params: string;
}

/** `play`: a viewer waits, and the encode may take hardly longer than an untuned one; `background`: within real time. */
export type TuningLane = "play" | "background";

/** Key frames stand at boundaries and nowhere else, so that each fragment that begins with one begins a segment. */
const CUT = "keyint=infinite:scenecut=0:open-gop=0";
/** What the presets set otherwise and the parameter sets hold: `veryfast` as it is has these. */
const SAME_SETS = "ref=1:psy=0";
/**
 * Print. Five B-frames cost least where nothing moves; by auto-variance (aq-mode 2) the bits go to where the picture is,
 * and the key frame needs little more than its due, since the lookahead gives it that already.
 */
const STILL = `${CUT}:${SAME_SETS}:bframes=5:aq-mode=2:ipratio=1.1`;
const DRAWN = `${CUT}:${SAME_SETS}:bframes=5:aq-mode=2`;

/** A rate factor that is greater by so much: six double the quantiser's step. No run has as many frames as this. */
const raisedBy = (factor: number): string => `zones=0,1000000,b=${(2 ** (-factor / 6)).toFixed(3)}`;

const UNTUNED: Tuning = { preset: "veryfast", crf: CRF, x264Params: CUT };
/** Takes a twelfth more of the whole run's CPU than the untuned one, `medium` would a fifth. */
const STILL_IN_TIME: Tuning = { preset: "faster", crf: CRF, x264Params: STILL };
const STILL_AT_LEISURE: Tuning = { preset: "medium", crf: CRF, x264Params: `${STILL}:${raisedBy(1.5)}` };
const DRAWN_AT_LEISURE: Tuning = { preset: "medium", crf: CRF, x264Params: `${DRAWN}:${raisedBy(1)}` };

/** Raised by as much as leaves the pictures as good as the untuned ones, by the SSIM of the whole and of print: `npm run bench -- bits`. */
const TUNINGS: Readonly<Record<Profile, Readonly<Record<TuningLane, Tuning>>>> = {
  slides: { play: STILL_IN_TIME, background: STILL_AT_LEISURE },
  screencast: { play: STILL_IN_TIME, background: STILL_AT_LEISURE },
  animation: { play: UNTUNED, background: DRAWN_AT_LEISURE },
  camera: { play: UNTUNED, background: UNTUNED },
  film: { play: UNTUNED, background: UNTUNED },
};

/** `profile` is undefined until the video has been looked at, and stays so where it can't be. */
export function tuningOf(profile: Profile | undefined, lane: TuningLane): Tuning {
  return profile === undefined ? UNTUNED : TUNINGS[profile][lane];
}
