/** What players ask for while something is watched, segment by segment, in the order of time. */
import { openChance } from "../placement/chance.ts";
import type { Catalogue, Lecture } from "./catalogue.ts";
import type { ViewEvent } from "./views.ts";

/** Renditions of a video, the best first; of a recording that browsers play the best costs no encode. */
export const PICTURES = ["top", "720p", "360p"] as const;
export type Picture = (typeof PICTURES)[number];

export interface SegmentRequest {
  /** Seconds since the term began. */
  at: number;
  video: number;
  /** Index in `PICTURES`. */
  picture: number;
  segment: number;
  /** It is what a run of media begins with: who asked waits for it. */
  isFirst: boolean;
  /** It begins a view, not only a run of one. */
  isBegin: boolean;
  event: ViewEvent;
}

const SHORT_SEC = 2;
const SHORT_SEGMENTS = 2;
const LONG_SEC = 4;
/** Media that a player keeps ahead of what it shows. */
const BUFFER_SEC = 30;
/** Viewers whose line, or screen, is for this picture. */
const PICTURE_SHARES = [0.35, 0.45, 0.2];
/** A player that does not know its line begins lower, for so many segments. */
const STARTS_LOW = 0.5;
const LOW_SEGMENTS = 2;

/** The segments that the scheduler cuts a video of `seconds` into, where it moves. */
export const countSegments = (seconds: number): number => segmentAt(Math.max(0, seconds - 0.001)) + 1;
export const segmentAt = (second: number): number => (second < SHORT_SEC * SHORT_SEGMENTS ? Math.floor(second / SHORT_SEC) : SHORT_SEGMENTS + Math.floor((second - SHORT_SEC * SHORT_SEGMENTS) / LONG_SEC));
export const segmentStart = (segment: number): number => (segment < SHORT_SEGMENTS ? segment * SHORT_SEC : SHORT_SEC * SHORT_SEGMENTS + (segment - SHORT_SEGMENTS) * LONG_SEC);
export const segmentSeconds = (segment: number, seconds: number): number => Math.min(seconds, segmentStart(segment + 1)) - segmentStart(segment);

/** What one run asks for: also what the buffer had taken beyond the place where it was left. */
export function requestsOf(event: ViewEvent, { seconds }: Pick<Lecture, "seconds">): SegmentRequest[] {
  const own = pictureOf(event.viewer);
  const isLow = event.run === 0 && openChance(event.view).next() < STARTS_LOW;
  const first = segmentAt(event.from);
  const last = segmentAt(Math.min(seconds - 0.001, event.to + BUFFER_SEC));
  return Array.from({ length: last - first + 1 }, (_, n) => ({
    at: event.at + Math.max(0, segmentStart(first + n) - event.from - BUFFER_SEC) / event.rate,
    video: event.video, segment: first + n,
    picture: isLow && n < LOW_SEGMENTS ? PICTURES.length - 1 : own,
    isFirst: n === 0, isBegin: n === 0 && event.run === 0, event,
  }));
}

/** The same for each of a viewer's views. */
function pictureOf(viewer: number): number {
  let left = openChance(viewer).next();
  return Math.max(0, PICTURE_SHARES.findIndex((share) => (left -= share) < 0));
}

/** All requests of a stream of events, sorted: those of the runs that are under way are in memory. */
export function* listRequests(events: Iterable<ViewEvent>, { videos }: Catalogue): Generator<SegmentRequest> {
  let waiting: SegmentRequest[] = [];
  let until = 0;
  for (const event of events) {
    if (event.at >= until + FLUSH_SEC) {
      until = event.at;
      waiting.sort((a, b) => a.at - b.at);
      const later = waiting.findIndex(({ at }) => at >= until);
      yield* later === -1 ? waiting : waiting.slice(0, later);
      waiting = later === -1 ? [] : waiting.slice(later);
    }
    const lecture = videos[event.video];
    if (lecture !== undefined) for (const request of requestsOf(event, lecture)) waiting.push(request);
  }
  yield* waiting.sort((a, b) => a.at - b.at);
}

const FLUSH_SEC = 600;
