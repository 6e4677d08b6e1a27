/**
 * The work that a term's viewers ask of one region's transcoders: of each segment that nobody there has asked for before,
 * what its encode costs. The lowest rung and two minutes of the others are made in the background when a video comes, as the policy
 * `hybrid` does; that work is not in here, for it may wait.
 */
import { openCatalogue, timetableOf, type Catalogue, type Region } from "../viewing/catalogue.ts";
import { listRequests, PICTURES, segmentSeconds, segmentStart } from "../viewing/segment-requests.ts";
import { listViews } from "../viewing/views.ts";
import { SLOT_MS } from "../../services/capacity/load/load-slot.ts";

/** Seconds of one core: to start FFmpeg, and for each second to decode and to encode it. Measured by `npm run bench -- cost --measure`. */
const START_SEC = 0.25;
const DECODE_SEC = 0.073;
const ENCODE_SEC: readonly number[] = [0.406, 0.281, 0.141];
const READY_SEC = 120;

export interface Demand {
  seconds: number;
  /** Core-seconds that are asked for in each second of the term. */
  work: Float32Array;
  jobs: number;
  lectures: { at: number; viewers: number }[];
}

export interface DemandOptions { seed: number; views: number; courses: number; weeks: number; region: Region }

export function openDemand({ seed, views, courses, weeks, region }: DemandOptions): Demand {
  const catalogue: Catalogue = openCatalogue({ seed, views, courses, weeks });
  const seconds = weeks * 7 * 86_400;
  const work = new Float32Array(seconds);
  const made = new Map<number, Uint8Array>();
  let jobs = 0;
  for (const { at, video, picture, segment, event } of listRequests(listViews(catalogue), catalogue)) {
    const lecture = catalogue.videos[video];
    if (event.region !== region || lecture === undefined || at >= seconds) continue;
    if (picture === PICTURES.length - 1 || segmentStart(segment) < READY_SEC || (picture === 0 && !lecture.encodedOnly)) continue;
    const key = video * PICTURES.length + picture;
    const bits = made.get(key) ?? new Uint8Array(256);
    made.set(key, bits);
    const [byte, bit] = [segment >> 3, 1 << (segment & 7)];
    if (((bits[byte] ?? 0) & bit) !== 0) continue;
    bits[byte] = (bits[byte] ?? 0) | bit;
    jobs++;
    const media = segmentSeconds(segment, lecture.seconds);
    const second = Math.floor(at);
    work[second] = (work[second] ?? 0) + START_SEC + media * (DECODE_SEC + (ENCODE_SEC[picture] ?? 0));
  }
  const lectures = timetableOf(catalogue).filter((hour) => hour.region === region).map(({ at, expectedViewers }) => ({ at, viewers: expectedViewers }));
  return { seconds, work, jobs, lectures };
}

/** Several schools on one mesh: of other seeds, and all at once. */
export function addUp(demands: readonly Demand[]): Demand {
  const [first] = demands;
  if (first === undefined) throw new Error("There is no demand to add up.");
  const work = new Float32Array(first.seconds);
  for (const demand of demands) demand.work.forEach((value, second) => { work[second] = (work[second] ?? 0) + value; });
  return { seconds: first.seconds, work, jobs: demands.reduce((sum, { jobs }) => sum + jobs, 0), lectures: demands.flatMap(({ lectures }) => lectures) };
}

/** Mean cores that were asked for, by slots of five minutes. */
export function loadsOf({ work }: Demand): Float64Array {
  const slotSec = SLOT_MS / 1000;
  return Float64Array.from({ length: Math.floor(work.length / slotSec) }, (_, n) => work.subarray(n * slotSec, (n + 1) * slotSec).reduce((sum, value) => sum + value, 0) / slotSec);
}
