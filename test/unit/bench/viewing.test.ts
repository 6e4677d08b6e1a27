import { expect } from "chai";
import { DAY, openCatalogue, REGIONS, timetableOf, WEEK, type Catalogue } from "../../../bench/viewing/catalogue.ts";
import { countSegments, listRequests, segmentSeconds } from "../../../bench/viewing/segment-requests.ts";
import { listViews, type ViewEvent } from "../../../bench/viewing/views.ts";
import { percentile } from "../../../bench/statistics.ts";

const SMALL = { views: 20_000, courses: 60, tenants: 6 };

function lengthsOf(events: readonly ViewEvent[]): number[] {
  const lengths = new Map<number, number>();
  for (const { view, from, to } of events) lengths.set(view, (lengths.get(view) ?? 0) + to - from);
  return [...lengths.values()];
}

/** Slope of the line through the logarithms of rank and views, by least squares, over the ranks that are watched enough to tell. */
function zipfSlope(counts: readonly number[]): number {
  const points = counts.toSorted((a, b) => b - a).map((count, rank) => [Math.log(rank + 1), Math.log(count)] as const).slice(0, Math.floor(counts.length / 3));
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  return points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

describe("viewing trace", () => {
  let catalogue: Catalogue;
  let events: ViewEvent[];
  before(() => {
    catalogue = openCatalogue(SMALL);
    events = [...listViews(catalogue)];
  });

  it("is the same for the same seed, and another for another", () => {
    expect([...listViews(openCatalogue(SMALL))]).to.deep.equal(events);
    expect([...listViews(openCatalogue({ ...SMALL, seed: 2 }))].slice(0, 100)).to.not.deep.equal(events.slice(0, 100));
  });

  it("is in the order of time, of about as many views as asked for, within their videos", () => {
    for (let n = 1; n < events.length; n++) expect(events[n]?.at).to.be.at.least(events[n - 1]?.at ?? 0);
    expect(new Set(events.map(({ view }) => view)).size).to.be.within(SMALL.views * 0.9, SMALL.views * 1.1);
    for (const { video, from, to } of events) {
      expect(from).to.be.at.least(0);
      expect(to).to.be.above(from);
      expect(to).to.be.at.most(catalogue.videos[video]?.seconds ?? 0);
    }
    for (const { seconds } of catalogue.videos) expect(seconds).to.be.within(5 * 60, 90 * 60);
  });

  it("has views of six minutes in the median, with a heavy tail", () => {
    const lengths = lengthsOf(events);
    expect(percentile(lengths, 0.5)).to.be.within(5 * 60, 6.5 * 60);
    expect(percentile(lengths, 0.95)).to.be.above(3 * percentile(lengths, 0.5));
  });

  it("has videos as popular as the exponent says", () => {
    for (const zipf of [0.7, 1.1]) {
      const trace = openCatalogue({ ...SMALL, zipf });
      const counts = new Map<number, Set<number>>();
      for (const { video, view } of listViews(trace)) counts.set(video, (counts.get(video) ?? new Set()).add(view));
      expect(zipfSlope([...counts.values()].map(({ size }) => size))).to.be.closeTo(-zipf, 0.15);
    }
  });

  it("has halls full at the bell, days after it, more for exams, and evenings by the clock of each region", () => {
    const begins = events.filter(({ run }) => run === 0);
    const sinceBell = begins.flatMap(({ video, at }) => {
      const bell = catalogue.videos[video]?.releasedAt;
      return bell === undefined ? [] : [at - bell];
    });
    expect(Math.min(...sinceBell)).to.be.at.least(0);
    const share = (from: number, to: number): number => sinceBell.filter((since) => since >= from && since < to).length / sinceBell.length;
    expect(share(0, 600)).to.be.within(0.1, 0.3);
    expect(share(600, WEEK)).to.be.within(0.3, 0.6);
    const inWeek = (week: number): number => begins.filter(({ at, video }) => Math.floor(at / WEEK) === week && catalogue.videos[video]?.releasedAt === undefined).length;
    expect(inWeek(5)).to.be.above(2 * inWeek(4));
    for (const { name, ahead } of REGIONS) {
      const at = (hour: number): number => begins.filter((event) => event.region === name && Math.floor((event.at / 3600 + ahead + 24) % 24) === hour).length;
      expect(at(20), name).to.be.above(5 * at(3));
    }
    expect(timetableOf(catalogue).every(({ at, video }) => catalogue.videos[video]?.releasedAt === at)).to.equal(true);
  });

  it("leads from a lecture to the next of its course, once that is there", () => {
    const followed = events.filter(({ cameFrom }) => cameFrom !== undefined);
    expect(followed).to.not.be.empty;
    for (const { cameFrom, video, at } of followed) {
      const [before, after] = [catalogue.videos[cameFrom ?? 0], catalogue.videos[video]];
      expect([after?.course, after?.order]).to.deep.equal([before?.course, (before?.order ?? 0) + 1]);
      expect(at).to.be.at.least(after?.releasedAt ?? 0);
    }
  });

  it("becomes requests for segments, in the order of time, that cover what was watched", () => {
    const day = events.filter(({ at }) => at < 3 * DAY);
    const asked = new Map<string, Set<number>>();
    let before = 0;
    for (const { at, segment, event } of listRequests(day, catalogue)) {
      expect(at).to.be.at.least(before);
      before = at;
      const run = `${event.view}/${event.run}`;
      asked.set(run, (asked.get(run) ?? new Set()).add(segment));
    }
    for (const event of day) {
      const seconds = catalogue.videos[event.video]?.seconds ?? 0;
      const segments = asked.get(`${event.view}/${event.run}`) ?? new Set();
      const covered = [...segments].reduce((sum, segment) => sum + segmentSeconds(segment, seconds), 0);
      expect(covered).to.be.at.least(event.to - event.from - 0.001);
      expect(Math.max(...segments)).to.be.below(countSegments(seconds));
    }
  });
});
