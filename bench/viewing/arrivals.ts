/** When a lecture is watched: how many views begin on a day of the term, and at which second of it. */
import type { Chance } from "../placement/chance.ts";
import { normal } from "./attention.ts";
import { DAY, HOUR, REGIONS, WEEK, type Lecture, type Region } from "./catalogue.ts";

/** Of the views of a lecture of this term: when it is held, in the days after, for exams, at any time. */
const TAUGHT = { hall: 0.25, after: 0.45, exam: 0.2, ever: 0.1 };
/** Of one that nobody teaches now. */
const ARCHIVED = { hall: 0, after: 0, exam: 0.4, ever: 0.6 };
const AFTER_MEAN = 2.5 * DAY;
/** They take their seats, and some are late. */
const HALL_MEAN = 2 * 60;
/** Local hours of the day, how much of the day's views begin in each: little at night, most in the evening. */
const HOURS = [12, 6, 3, 2, 2, 3, 8, 18, 35, 50, 56, 55, 48, 50, 55, 56, 54, 50, 52, 60, 66, 62, 44, 24];
const HOURS_SUM = HOURS.reduce((sum, weight) => sum + weight, 0);

export type Kind = keyof typeof TAUGHT;
const KINDS = ["hall", "after", "exam", "ever"] as const;

const isExam = (day: number, weeks: number): boolean => {
  const week = Math.floor((day * DAY) / WEEK);
  return week >= weeks - 2 || week === Math.floor(weeks / 2) - 1;
};

/** The part of a lecture's views that begin on `day`, by why. */
export function sharesOn({ releasedAt }: Lecture, day: number, weeks: number): Record<Kind, number> {
  const parts = releasedAt === undefined ? ARCHIVED : TAUGHT;
  const open = releasedAt ?? 0;
  const first = Math.floor(open / DAY);
  const days = weeks * 7;
  if (day < first) return { hall: 0, after: 0, exam: 0, ever: 0 };
  const [exams, passed] = [countExams(days, weeks), countExams(first, weeks)];
  const since = (end: number): number => 1 - Math.exp(-Math.max(0, end - open) / AFTER_MEAN);
  return {
    hall: day === first ? parts.hall : 0,
    after: parts.after * (since((day + 1) * DAY) - since(day * DAY)),
    exam: isExam(day, weeks) ? parts.exam / (exams - passed) : 0,
    ever: parts.ever / (days - first),
  };
}

const countExams = (before: number, weeks: number): number => Array.from({ length: before }, (_, day) => day).filter((day) => isExam(day, weeks)).length;

/** Seconds since the term began at which a view of `kind` begins; it may be later than that day, never before the release. */
export function beginOn(chance: Chance, { releasedAt }: Lecture, day: number, kind: Kind, region: Region): number {
  if (kind === "hall") return (releasedAt ?? 0) + chance.gap(HALL_MEAN);
  const ahead = REGIONS.find(({ name }) => name === region)?.ahead ?? 0;
  let left = chance.next() * HOURS_SUM;
  const local = HOURS.findIndex((weight) => (left -= weight) < 0);
  const at = day * DAY + ((local - ahead + 24) % 24) * HOUR + chance.next() * HOUR;
  return releasedAt !== undefined && at < releasedAt ? releasedAt + chance.gap(2 * HOUR) : at;
}

/** Kinds drawn in proportion to their shares. */
export function kindOf(chance: Chance, shares: Record<Kind, number>): Kind {
  let left = chance.next() * KINDS.reduce((sum, kind) => sum + shares[kind], 0);
  return KINDS.find((kind) => (left -= shares[kind]) < 0) ?? "ever";
}

/** How many there are where `mean` are expected. */
export function poisson(chance: Chance, mean: number): number {
  if (mean > 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)));
  let count = 0;
  for (let left = Math.exp(-mean), product = chance.next(); product > left; product *= chance.next()) count++;
  return count;
}
