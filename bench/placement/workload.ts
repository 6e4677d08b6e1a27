/**
 * What viewers ask for. Lectures are watched by Zipf's law; a viewer jumps about, and at each jump asks for segments of the
 * picture and of the sound that nobody has made yet. In the middle a class opens one lecture together, at its start.
 */
import type { Chance } from "./chance.ts";
import { REGIONS, type Region } from "./topology.ts";

export const SECONDS = 300;
const VIDEOS = 400;
const SEGMENTS = 700;
/** Viewers who begin in a second, and the mean of their jumps. */
const ARRIVALS: Readonly<Record<Region, number>> = { us: 1.1, eu: 0.75, asia: 0.4 };
const JUMPS = 4;
const BETWEEN_JUMPS_SEC = 12;
const CLASS = { region: "us", at: 150, viewers: 90, within: 15 } as const;
/** Share of videos whose source has no index, and is copied first. */
const WITHOUT_INDEX = 0.1;

/** What a segment is, and the work in it, in seconds of one usual core, FFmpeg's start included. */
const PICTURES = [{ rendition: "360p", work: 0.7, share: 0.45 }, { rendition: "720p", work: 1.8, share: 0.3 }, { rendition: "source", work: 0.03, share: 0.25 }] as const;
const SOUND = { rendition: "audio", work: 0.25 };

export interface Asked {
  /** Seconds. */
  at: number;
  region: Region;
  /** Which of the region's gateways. */
  gateway: number;
  videoId: string;
  rendition: string;
  segment: number;
  work: number;
  /** Repackaged in the node's own process: it takes no slot. */
  slotless: boolean;
}

export const hasNoIndex = (videoId: string): boolean => Number(videoId.slice(1)) % (1 / WITHOUT_INDEX) === 3;

export function listAsked(chance: Chance): Asked[] {
  const zipf = cumulate(Array.from({ length: VIDEOS }, (_, n) => 1 / (n + 1)));
  const asked: Asked[] = [];
  const watch = (region: Region, begins: number, video: number, start = chance.below(SEGMENTS)): void => {
    const picture = PICTURES[pick(cumulate(PICTURES.map(({ share }) => share)), chance)] ?? PICTURES[0];
    const gateway = chance.below(2);
    for (let [at, segment] = [begins, start]; at < SECONDS; [at, segment] = [at + chance.gap(BETWEEN_JUMPS_SEC), chance.below(SEGMENTS)]) {
      for (const [ahead, delay] of [[0, 0], [1, 0.4]] as const) {
        for (const { rendition, work } of [picture, SOUND]) {
          asked.push({ at: at + delay, region, gateway, videoId: `v${video}`, rendition, segment: segment + ahead, work, slotless: rendition === "source" });
        }
      }
      if (chance.next() < 1 / JUMPS) break;
    }
  };
  for (const region of REGIONS) {
    for (let at = chance.gap(1 / ARRIVALS[region]); at < SECONDS; at += chance.gap(1 / ARRIVALS[region])) watch(region, at, pick(zipf, chance));
  }
  for (let n = 0; n < CLASS.viewers; n++) watch(CLASS.region, CLASS.at + chance.next() * CLASS.within, VIDEOS - 1, 0);
  return asked.toSorted((a, b) => a.at - b.at);
}

function cumulate(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => (sum += weight));
}

function pick(sums: readonly number[], chance: Chance): number {
  const at = chance.next() * (sums.at(-1) ?? 0);
  return sums.findIndex((sum) => at < sum);
}
