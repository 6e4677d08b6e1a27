/**
 * What viewers of a term do, in the order of time, as a stream: a day of it is in memory, whatever the number of views.
 * The same seed gives the same stream. Nothing here is measured: docs/viewing-trace.md says where its shapes come from.
 */
import { openChance, type Chance } from "../placement/chance.ts";
import { beginOn, kindOf, poisson, sharesOn } from "./arrivals.ts";
import { attend } from "./attention.ts";
import { DAY, HOUR, nextLecture, REGIONS, type Catalogue, type Course, type Lecture, type Region } from "./catalogue.ts";

/** One run of media that somebody watches without a jump. */
export interface ViewEvent {
  /** Seconds since the term's first Monday, 00:00 UTC. */
  at: number;
  region: Region;
  tenant: number;
  viewer: number;
  course: number;
  video: number;
  /** Of the view that it belongs to, from 0; and which run of it this is. */
  view: number;
  run: number;
  /** Media seconds. */
  from: number;
  to: number;
  /** Media seconds in a second. */
  rate: number;
  /** The video after which the viewer came to this one; absent where they came from elsewhere. */
  cameFrom?: number;
}

/** Viewers of a course who are in its own region. */
const AT_HOME = 0.85;
/** After a lecture somebody goes on to the next one of its course: at once, or some other time. */
const GOES_ON = 0.35;
const AT_ONCE = 0.6;
/** Views that come of one whose viewer came from elsewhere: there is not always a next lecture. */
const VIEWS_EACH = 1.21;
const PAUSE_SEC = 45;
const LATER_SEC = 8 * HOUR;

export function* listViews(catalogue: Catalogue): Generator<ViewEvent> {
  const { term, videos } = catalogue;
  const chance = openChance(term.seed ^ 0x5eed);
  const base = term.views / VIEWS_EACH;
  const days = term.weeks * 7;
  let ahead: ViewEvent[] = [];
  let views = 0;
  for (let day = 0; day < days; day++) {
    const events = ahead;
    for (const lecture of videos) {
      const course = catalogue.courses[lecture.course];
      if (course === undefined) continue;
      const shares = sharesOn(lecture, day, term.weeks);
      const count = poisson(chance, base * lecture.share * (shares.hall + shares.after + shares.exam + shares.ever));
      for (let n = 0; n < count; n++) {
        const viewer = chance.below(course.viewers);
        const region = regionOf(course, viewer);
        const at = beginOn(chance, lecture, day, kindOf(chance, shares), region);
        views = follow(chance, catalogue, { course, viewer, region, lecture, at, days }, views, events);
      }
    }
    events.sort((a, b) => a.at - b.at || a.view - b.view);
    const end = (day + 1) * DAY;
    const next = events.findIndex(({ at }) => at >= end);
    yield* next === -1 ? events : events.slice(0, next);
    ahead = next === -1 ? [] : events.slice(next);
  }
}

interface Beginning { course: Course; viewer: number; region: Region; lecture: Lecture; at: number; days: number }

/** A view, and those of the next lectures that it leads to. @returns how many views there are now */
function follow(chance: Chance, catalogue: Catalogue, { course, viewer, region, lecture, at, days }: Beginning, views: number, events: ViewEvent[]): number {
  let cameFrom: number | undefined;
  for (let now: Lecture | undefined = lecture; now !== undefined && at < days * DAY && (now.releasedAt ?? 0) <= at;) {
    const { rate, spans } = attend(chance, now.seconds);
    const view = views++;
    for (const [run, { after, from, to }] of spans.entries()) {
      events.push({ at: at + after, region, tenant: course.tenant, viewer: course.course * 1e6 + viewer, course: course.course, video: now.video, view, run, from, to, rate, ...(cameFrom === undefined ? {} : { cameFrom }) });
    }
    if (chance.next() >= GOES_ON) break;
    const last = spans.at(-1);
    at += (last === undefined ? 0 : last.after + (last.to - last.from) / rate) + (chance.next() < AT_ONCE ? chance.gap(PAUSE_SEC) : chance.gap(LATER_SEC));
    cameFrom = now.video;
    now = nextLecture(catalogue, now);
  }
  return views;
}

/** The same for each of a viewer's views. */
function regionOf({ course, region }: Course, viewer: number): Region {
  const chance = openChance(course * 7_919 + viewer);
  return chance.next() < AT_HOME ? region : (REGIONS[chance.below(REGIONS.length)]?.name ?? region);
}
