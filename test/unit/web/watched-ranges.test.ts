import { expect } from "chai";

/** What the player imports; written in JavaScript, because browsers read it as it is. */
interface Told { ranges: [number, number, number][]; seeks: [number, number][]; pauses: number; startupMs?: number; stallsMs: number[]; switchesUp: number; switchesDown: number; ended: boolean }
interface Ranges { take(): Told | undefined; shows(bitrate: number): void; isFull(): boolean; close(): void }
const path = "../../../web/watched-ranges.js";
const { watchedRanges } = (await import(path)) as { watchedRanges(video: FakeVideo, now: () => number): Ranges };
const reportsPath = "../../../web/usage-reports.js";
const { usageReports } = (await import(reportsPath)) as { usageReports(video: FakeVideo, id: string, address: () => string, ports: object): { close(): void } };

/** A media element as far as it is looked at. */
class FakeVideo extends EventTarget {
  currentTime = 0;
  playbackRate = 1;
  paused = true;
  seeking = false;
  ended = false;
  say(...types: string[]): void { for (const type of types) this.dispatchEvent(new Event(type)); }
  play(): void { this.paused = false; this.say("play", "playing"); }
  runTo(at: number): void { this.currentTime = at; this.say("timeupdate"); }
  pause(): void { this.paused = true; this.say("pause"); }
  seek(to: number): void {
    [this.seeking, this.currentTime] = [true, to];
    this.say("seeking");
    this.seeking = false;
    this.say("seeked");
    if (!this.paused) this.say("playing");
  }
}

describe("what is watched of a video", () => {
  let video: FakeVideo;
  let now: number;
  let ranges: Ranges;
  beforeEach(() => {
    [video, now] = [new FakeVideo(), 0];
    ranges = watchedRanges(video, () => now);
  });

  it("is from where it plays to where it stops, and on from there", () => {
    video.play();
    video.runTo(4.5);
    expect(ranges.take()).to.deep.include({ ranges: [[0, 4.5, 1]] });
    video.runTo(6);
    video.pause();
    video.runTo(6);
    expect(ranges.take()).to.deep.include({ ranges: [[4.5, 6, 1]], pauses: 1 });
    expect(ranges.take()).to.equal(undefined);
  });

  it("is not what was jumped over", () => {
    video.play();
    video.runTo(3);
    video.seek(40);
    video.runTo(42);
    video.seek(42.1); // over a hole
    video.runTo(43);
    expect(ranges.take()).to.deep.include({ ranges: [[0, 3, 1], [40, 42, 1], [42.1, 43, 1]], seeks: [[3, 40]] });
  });

  it("has the rate at which it was", () => {
    video.play();
    video.runTo(2);
    video.playbackRate = 1.5;
    video.say("ratechange");
    video.runTo(5);
    [video.ended, video.paused] = [true, true];
    video.say("pause", "ended");
    expect(ranges.take()).to.deep.include({ ranges: [[0, 2, 1], [2, 5, 1.5]], pauses: 0, ended: true });
  });

  it("says how long the first picture took from the press of play, and each stall", () => {
    now = 5_000; // nobody pressed it before
    video.paused = false;
    video.say("play");
    now += 420;
    video.say("waiting", "playing");
    video.runTo(1);
    video.say("waiting");
    now += 700;
    video.say("playing");
    video.runTo(2);
    expect(ranges.take()).to.deep.include({ startupMs: 420, stallsMs: [700], ranges: [[0, 1, 1], [1, 2, 1]] });
  });

  it("counts changes to a better rendition and to a worse one, and not the first one", () => {
    for (const bitrate of [800, 2_000, 2_000, 800, 400]) ranges.shows(bitrate);
    expect(ranges.take()).to.deep.include({ switchesUp: 1, switchesDown: 2 });
  });

  it("is bounded by what a gateway takes", () => {
    video.play();
    for (let n = 0; n < 200; n++) {
      video.runTo(video.currentTime + 0.1);
      video.seek((n * 7) % 50);
    }
    expect(ranges.isFull()).to.equal(true);
    const told = ranges.take();
    expect([told?.ranges.length, told?.seeks.length]).to.deep.equal([64, 64]);
  });
});

describe("reports of what is watched", () => {
  const ID = "01arz3ndektsv4rrffq69g5faw";
  const BEFORE = "01arz3ndektsv4rrffq69g5fav";
  interface Report { session: string; seq: number; ranges: number[][]; previous?: string }

  function stage(answers: { status: number; code?: string }[], keptText?: string) {
    const [video, page, sent, left] = [new FakeVideo(), new EventTarget(), [] as Report[], [] as Report[]];
    const kept = new Map(keptText === undefined ? [] : [["lectern-watched", keptText]]);
    const reports = usageReports(video, ID, () => "/usage", {
      page, document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
      kept: { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => kept.set(name, value) },
      send: async (_url: string, body: string) => {
        sent.push(JSON.parse(body) as Report);
        return answers.shift() ?? { status: 204 };
      },
      beacon: (_url: string, body: string) => left.push(JSON.parse(body) as Report) > 0,
    });
    const watch = async (to: number): Promise<void> => {
      video.play();
      video.runTo(to);
      video.say("ended"); // reports at once
      await new Promise(setImmediate);
    };
    return { video, page, sent, left, kept, reports, watch };
  }

  it("are numbered, sent again until they are taken, and sent at last when the page is left", async () => {
    const { page, sent, left, reports, watch, video } = stage([{ status: 503 }, { status: 0 }]);
    await watch(3);
    await watch(7);
    await watch(9);
    expect(sent.map(({ seq, ranges }) => [seq, ranges])).to.deep.equal([[0, [[0, 3, 1]]], [0, [[0, 3, 1]]], [0, [[0, 3, 1]]], [1, [[3, 7, 1]]], [2, [[7, 9, 1]]]]);
    video.play();
    video.runTo(11);
    page.dispatchEvent(new Event("pagehide"));
    reports.close();
    expect(left.map(({ seq, ranges }) => [seq, ranges])).to.deep.equal([[3, [[9, 11, 1]]]]);
    expect(new Set([...sent, ...left].map(({ session }) => session)).size).to.equal(1);
  });

  it("end where nothing is counted", async () => {
    const { sent, left, reports, watch } = stage([{ status: 404, code: "usage_off" }]);
    await watch(3);
    await watch(7);
    reports.close();
    expect([sent.length, left.length]).to.deep.equal([1, 0]);
  });

  it("say what was watched before, within hours, and keep what is watched now", async () => {
    const { sent, kept, reports, watch } = stage([], JSON.stringify({ id: BEFORE, at: Date.now() - 60_000 }));
    await watch(3);
    expect([sent[0]?.previous, JSON.parse(kept.get("lectern-watched") ?? "{}").id]).to.deep.equal([BEFORE, BEFORE]);
    await watch(6);
    expect(JSON.parse(kept.get("lectern-watched") ?? "{}").id).to.equal(ID);
    reports.close();
    for (const text of [JSON.stringify({ id: BEFORE, at: Date.now() - 5 * 3_600_000 }), JSON.stringify({ id: ID, at: Date.now() }), "{", "null"]) {
      const other = stage([], text);
      await other.watch(3);
      other.reports.close();
      expect(other.sent[0]?.previous, text).to.equal(undefined);
    }
  });
});
