/** Who teaches what, when and where: the courses of a term and its archive. All of it follows from the seed. */
import { openChance, type Chance } from "../placement/chance.ts";

export const HOUR = 3_600;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** Hours that a region's clocks are ahead of UTC. */
export const REGIONS = [{ name: "eu", ahead: 1 }, { name: "us", ahead: -5 }, { name: "asia", ahead: 8 }] as const;
export type Region = (typeof REGIONS)[number]["name"];

export interface TermOptions {
  seed: number;
  /** Views in all, about: how many there are in the end is chance. */
  views: number;
  courses: number;
  tenants: number;
  /** The last two of them, and the one in the middle, are for exams. */
  weeks: number;
  /** s in the popularity of the video of rank r, which is in proportion to r^-s. */
  zipf: number;
  /** Part of the courses that nobody teaches this term: the cold long tail. */
  archived: number;
  /** Part of the courses whose recordings no browser plays as they are. */
  encodedOnly: number;
}

export const TERM: TermOptions = { seed: 1, views: 100_000, courses: 300, tenants: 12, weeks: 12, zipf: 0.9, archived: 0.4, encodedOnly: 0.3 };

export interface Lecture {
  /** From 0, through the whole catalogue, most watched first. */
  video: number;
  course: number;
  /** From 0, within its course. */
  order: number;
  seconds: number;
  /** Seconds after the term's first Monday, 00:00 UTC: the bell of its hour. Absent: it is of the archive. */
  releasedAt?: number;
  /** Its part of all views; those of all lectures add up to 1. */
  share: number;
  encodedOnly: boolean;
}
export interface Course { course: number; tenant: number; region: Region; viewers: number; lectures: Lecture[] }
export interface Catalogue { term: TermOptions; courses: Course[]; videos: Lecture[] }

const SECONDS = { shortest: 5 * 60, clip: 15 * 60, lecture: 40 * 60, longest: 90 * 60 };
/** Part of the courses that are made of clips, as courses for distance learning are. */
const CLIPS = 0.35;
/** Views that one enrolled student has of each lecture, on average. */
const VIEWS_EACH = 1.5;

export function openCatalogue(options: Partial<TermOptions> = {}): Catalogue {
  const term = { ...TERM, ...options };
  const chance = openChance(term.seed);
  const taught = Math.max(1, Math.round(term.courses * (1 - term.archived)));
  const courses = Array.from({ length: term.courses }, (_, course) => openCourse(term, chance, course, course < taught));
  const videos = courses.flatMap(({ lectures }) => lectures);
  const weights = videos.map((_, rank) => (rank + 1) ** -term.zipf);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  videos.forEach((lecture, video) => Object.assign(lecture, { video, share: (weights[video] ?? 0) / sum }));
  for (const course of courses) {
    const most = Math.max(...course.lectures.map(({ share }) => share));
    course.viewers = Math.max(2, Math.round((most * term.views) / VIEWS_EACH));
  }
  return { term, courses, videos };
}

function openCourse(term: TermOptions, chance: Chance, course: number, isTaught: boolean): Course {
  const tenant = chance.below(term.tenants);
  const { name: region, ahead } = REGIONS[tenant % REGIONS.length] ?? REGIONS[0];
  const [shortest, longest] = chance.next() < CLIPS ? [SECONDS.shortest, SECONDS.clip] : [SECONDS.lecture, SECONDS.longest];
  const encodedOnly = chance.next() < term.encodedOnly;
  const days = chance.next() < 0.5 ? [chance.below(5)] : [chance.below(2), 2 + chance.below(3)];
  const hour = 8 + chance.below(10);
  const lectures: Lecture[] = [];
  for (let week = 0; week < term.weeks - 2; week++) {
    for (const day of days) {
      const releasedAt = week * WEEK + day * DAY + (hour - ahead) * HOUR;
      const seconds = Math.round(shortest + (longest - shortest) * chance.next());
      lectures.push({ video: 0, course, order: lectures.length, seconds, share: 0, encodedOnly, ...(isTaught ? { releasedAt: Math.max(0, releasedAt) } : {}) });
    }
  }
  return { course, tenant, region, viewers: 0, lectures };
}

export const nextLecture = (catalogue: Catalogue, { course, order }: Lecture): Lecture | undefined => catalogue.courses[course]?.lectures[order + 1];

/** What a school would post as its timetable: the bells of a term, and who is expected. */
export interface TimetableHour { at: number; tenant: number; region: Region; course: number; video: number; expectedViewers: number }
export function timetableOf({ courses }: Catalogue): TimetableHour[] {
  return courses.flatMap(({ tenant, region, course, viewers, lectures }) => lectures.flatMap(({ video, releasedAt }) => (releasedAt === undefined ? [] : [{ at: releasedAt, tenant, region, course, video, expectedViewers: viewers }])))
    .toSorted((a, b) => a.at - b.at);
}
