/**
 * What making media costs, in seconds of a processor. The constants are those of `npm run bench -- cost --measure` on two
 * cores of an AMD EPYC, FFmpeg 5.1.9, of `../shared/media/lecture-en.mp4`.
 */
import { UNIT_CPU_SEC } from "../../services/scheduler/chunks.ts";
import type { Picture } from "../viewing/segment-requests.ts";

export interface MakingCosts {
  /** To start FFmpeg, which is once a run. */
  startSec: number;
  /** Of a second of the source, once a run however many renditions are made of it. */
  decodeSec: number;
  encodeSec: Record<Picture, number>;
  /** In-process: what the scheduler takes it for, a fiftieth of 360p. */
  repackageSec: number;
  bytesPerSec: Record<Picture, number>;
}

export const COSTS: MakingCosts = {
  startSec: 0.25, decodeSec: 0.073, encodeSec: { top: 0.406, "720p": 0.281, "360p": UNIT_CPU_SEC }, repackageSec: 0.0028,
  bytesPerSec: { top: 20_995, "720p": 12_686, "360p": 5_616 },
};
