import { expect } from "chai";
import { openForecaster, LATE_MS, LEAD_MS, MEMORY_MS, type Forecaster, type ForecasterPorts } from "../../../../services/forecast/forecaster.ts";
import type { TimetableEntry } from "../../../../services/forecast/forecast.contract.ts";
import { coursePlaceOf } from "../../../../services/forecast/lectures.ts";
import type { Expectation, Made } from "../../../../services/forecast/memory.ts";
import { planOpening } from "../../../../services/forecast/opening.ts";
import { followingOf } from "../../../../services/forecast/transitions.ts";
import type { WarmParams, WarmResult } from "../../../../services/scheduler/scheduler.contract.ts";
import { STORYBOARD } from "../../../../media/storyboard.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

const [VIDEO, OTHER] = ["01arz3ndektsv4rrffq69g5fav", "01arz3ndektsv4rrffq69g5faw"] as const;
const BELL = Date.UTC(2026, 10, 30, 10);
const HOUR: TimetableEntry = { video: VIDEO, at: "2026-11-30T10:00", timeZone: "UTC" };

/** A scheduler that does what it is told, and what was told to whom. */
function stage({ cpuSec = 600, bytes = 1e9 } = {}) {
  const world = {
    now: BELL - LEAD_MS, entries: [HOUR] as TimetableEntry[], others: new Map<string, TimetableEntry[]>(), strangers: new Set<string | undefined>(), expected: [] as Expectation[], made: [] as Made[], begun: new Map<string, number>(), spent: { cpuSec: 0, bytes: 0 },
    answers: [] as WarmResult[], shares: {} as Record<string, number>, asked: [] as WarmParams[], calledOff: [] as string[], inMemory: [] as string[], counted: [] as string[],
  };
  const ports: ForecasterPorts = {
    memory: {
      expected: async () => world.expected, made: async () => [...world.made], lastLecture: async () => OTHER,
      settle: async ({ videoId, rendition }) => world.made.length > (world.made = world.made.filter((made) => made.videoId !== videoId || made.rendition !== rendition)).length,
      noteMade: async (made) => { world.made.push(made); },
      noteBegun: async (videoId, at) => { world.begun.set(videoId, at); },
      begunSince: async (videoId, since) => (world.begun.get(videoId) ?? 0) >= since,
      spent: async () => world.spent,
      spend: async (_, cpu, size) => { world.spent = { cpuSec: world.spent.cpuSec + cpu, bytes: world.spent.bytes + size }; },
    },
    timetables: { all: async () => new Map([["default", world.entries], ...world.others]) },
    plan: async (_, tenant) => (world.strangers.has(tenant) ? undefined : stagedPlan(200)),
    shares: () => world.shares,
    warm: async (params) => { world.asked.push(params); return world.answers.shift() ?? { state: "warm" }; },
    unwarm: async (videoId) => { world.calledOff.push(videoId); },
    expect: ({ videoId }) => { world.inMemory.push(videoId); },
    count: (what) => { world.counted.push(what); },
    now: () => world.now,
  };
  const open = (): Forecaster => openForecaster(ports, { cpuSec, bytes });
  return { world, forecaster: open(), open };
}
const queued = (cpuSec: number): WarmResult => ({ state: "queued", rendition: "360p", first: 0, last: 4, cpuSec });

describe("a forecaster", () => {
  it("has a beginning made from an hour before the bell on, and nothing sooner", async () => {
    const { world, forecaster } = stage();
    world.now--;
    await forecaster.tick();
    expect(world.asked).to.deep.equal([]);
    world.now++;
    await forecaster.tick();
    expect(world.asked.map(({ id, renditions }) => [id, renditions])).to.deep.equal([[VIDEO, ["audio", "source", "360p", STORYBOARD]]]);
  });

  it("fills memory once, minutes before the bell, when all is there", async () => {
    const { world, forecaster } = stage();
    await forecaster.tick();
    expect(world.inMemory).to.deep.equal([]);
    world.now = BELL - MEMORY_MS;
    await forecaster.tick();
    await forecaster.tick();
    expect(world.inMemory).to.deep.equal([VIDEO]);
  });

  it("keeps to what is left of the hour's budget, of time and of bytes", async () => {
    const { world, forecaster } = stage({ cpuSec: 50 });
    world.answers = [queued(30), { state: "busy" }];
    await forecaster.tick();
    await forecaster.tick();
    expect(world.asked.map(({ cpuSec }) => cpuSec)).to.deep.equal([50, 20]);
    const poor = stage({ bytes: 0 });
    await poor.forecaster.tick();
    expect(poor.world.asked).to.deep.equal([]);
  });

  it("calls off what is not expected any more", async () => {
    const { world, forecaster } = stage();
    world.answers = [queued(30)];
    await forecaster.tick();
    expect(world.calledOff).to.deep.equal([]);
    world.entries = [];
    await forecaster.tick();
    await forecaster.tick();
    expect(world.calledOff).to.deep.equal([VIDEO]);
    const late = stage();
    late.world.answers = [queued(30)];
    await late.forecaster.tick();
    late.world.now = BELL + LATE_MS + 1;
    await late.forecaster.tick();
    expect(late.world.calledOff).to.deep.equal([VIDEO]);
  });

  it("calls off what another queued that has died since, once, and nothing that ended long ago", async () => {
    const { world, forecaster, open } = stage();
    world.answers = [queued(30)];
    await forecaster.tick();
    world.entries = [];
    const other = open();
    await other.tick();
    await other.tick();
    expect(world.calledOff).to.deep.equal([VIDEO]);
    world.now += 3_600_000;
    await open().tick();
    expect(world.calledOff).to.deep.equal([VIDEO]);
  });

  it("asks for what viewers of the like took lately, and fills memory with what is there when the budget is spent", async () => {
    const { world, forecaster } = stage();
    world.shares = { "360p": 1, source: 99 };
    world.now = BELL - MEMORY_MS;
    world.answers = [{ state: "dear" }];
    await forecaster.tick();
    expect(world.asked.map(({ renditions }) => renditions)).to.deep.equal([["audio", "source", STORYBOARD]]);
    expect(world.inMemory).to.deep.equal([VIDEO]);
  });

  it("counts a sheet of previews as no watching", async () => {
    const { world, forecaster } = stage();
    world.answers = [{ state: "queued", rendition: STORYBOARD, first: 0, last: 0, cpuSec: 1 }];
    await forecaster.tick();
    expect(world.made.map(({ rendition, seconds }) => [rendition, seconds])).to.deep.equal([[STORYBOARD, 0]]);
    expect(world.spent.cpuSec).to.equal(1);
  });

  it("goes to the next on the list when one is there, and stops while the region is busy", async () => {
    const { world, forecaster } = stage();
    world.expected = [{ videoId: OTHER, from: VIDEO, neededAt: world.now, until: world.now + 1, weight: 1 }];
    await forecaster.tick();
    expect(world.asked.map(({ id }) => id)).to.deep.equal([VIDEO, OTHER]);
    world.answers = [{ state: "busy" }];
    await forecaster.tick();
    expect(world.asked.map(({ id }) => id), "what was there a moment ago is").to.deep.equal([VIDEO, OTHER]);
    world.now += 61_000;
    await forecaster.tick();
    expect(world.asked.map(({ id }) => id)).to.deep.equal([VIDEO, OTHER, VIDEO]);
  });

  it("looks at each tenant's in turn, and at all of a full hour in the end", async () => {
    const { world, forecaster } = stage();
    const id = (n: number): string => `01arz3ndektsv4rrffq69g${String(n).padStart(4, "0")}`;
    world.now = BELL;
    world.entries = Array.from({ length: 120 }, (_, n): TimetableEntry => ({ ...HOUR, video: id(n), expectedViewers: 1_000_000 }));
    world.others.set("school", [{ ...HOUR, video: OTHER, at: "2026-11-30T10:50" }]);
    await forecaster.tick();
    expect(world.asked.slice(0, 2).map(({ id: asked }) => asked)).to.deep.equal([id(0), OTHER]);
    expect(world.asked).to.have.length(50);
    for (let n = 0; n < 2; n++) await forecaster.tick();
    expect(new Set(world.asked.map(({ id: asked }) => asked)).size).to.equal(121);
  });

  it("makes a tenant's lecture though a stranger has named it before", async () => {
    const { world, forecaster } = stage();
    world.others.set("stranger", [{ ...HOUR, at: "2026-11-30T09:50" }]);
    world.strangers.add("stranger");
    world.now = BELL - LEAD_MS;
    await forecaster.tick();
    expect(world.asked.map(({ id }) => id)).to.deep.equal([VIDEO]);
  });

  it("takes the last lecture of a course, and counts what was used and what was not, once", async () => {
    const { world, forecaster } = stage();
    world.entries = [{ course: "a", at: "2026-11-30T10:00", timeZone: "UTC" }];
    world.answers = [queued(1), queued(1)];
    await forecaster.tick();
    await forecaster.used(OTHER);
    await forecaster.used(OTHER);
    expect(world.counted).to.deep.equal(["predicted", "used"]);
    world.entries = [];
    world.expected = [{ videoId: VIDEO, neededAt: world.now, until: Infinity, weight: 1 }];
    await forecaster.tick();
    world.now += 86_400_000;
    await forecaster.tick();
    await forecaster.tick();
    expect(world.counted).to.deep.equal(["predicted", "used", "predicted", "wasted"]);
  });
});

describe("what is made of a lecture that has begun", () => {
  const MINUTE_MS = 60_000;

  it("counts as used, once its run is over", async () => {
    const { world, forecaster } = stage();
    world.now = BELL;
    await forecaster.used(VIDEO);
    world.answers = [queued(1)];
    await forecaster.tick();
    world.entries = [];
    await forecaster.tick();
    expect(world.counted).to.deep.equal(["predicted"]);
    world.now += 11 * MINUTE_MS;
    await forecaster.tick();
    await forecaster.tick();
    expect(world.counted).to.deep.equal(["predicted", "used"]);
  });

  it("is made in vain when that was half a day ago, and nobody comes again", async () => {
    const { world, forecaster } = stage();
    world.now = BELL;
    await forecaster.used(VIDEO);
    world.now += 13 * 60 * MINUTE_MS;
    world.entries = [];
    world.expected = [{ videoId: VIDEO, neededAt: world.now, until: world.now + 1, weight: 1 }];
    world.answers = [queued(1)];
    await forecaster.tick();
    world.now += 13 * 60 * MINUTE_MS;
    await forecaster.tick();
    expect(world.counted).to.deep.equal(["predicted", "wasted"]);
  });

  it("is called off by another when who had it made has died", async () => {
    const { world, forecaster, open } = stage();
    world.now = BELL;
    await forecaster.used(VIDEO);
    world.answers = [queued(1)];
    await forecaster.tick();
    world.entries = [];
    await open().tick();
    expect(world.calledOff).to.deep.equal([VIDEO]);
  });
});

describe("what is watched next", () => {
  it("is the next lecture until viewers show otherwise", () => {
    expect(followingOf({}, "b")).to.deep.equal([{ videoId: "b", chance: 1 }]);
    expect(followingOf({ c: 9 }, "b").map(({ videoId }) => videoId)).to.deep.equal(["c", "b"]);
    expect(followingOf({ c: 90 }, "b").map(({ videoId }) => videoId)).to.deep.equal(["c"]);
    expect(followingOf({ c: 1 }, undefined), "one viewer is little to go by").to.deep.equal([{ videoId: "c", chance: 1 / 3 }]);
  });

  it("is in the order of a course's labels", () => {
    expect(coursePlaceOf({ course: "a", lecture: "7" })).to.deep.equal({ course: "a", order: 7 });
    expect(coursePlaceOf({ course: "a", order: "2.5" })).to.deep.equal({ course: "a", order: 2.5 });
    for (const labels of [{}, { course: "a" }, { lecture: "1" }, { course: "a", lecture: "one" }, { course: "a", lecture: "1e9" }, { course: "a", lecture: "-1" }]) expect(coursePlaceOf(labels)).to.equal(undefined);
  });
});

describe("a beginning", () => {
  it("is a minute of the sound, of what costs nothing, and of encodes that are watched", () => {
    const names = (shares?: Record<string, number>): string[] => planOpening(stagedPlan(200), shares).map(({ rendition }) => rendition.name);
    expect(names()).to.deep.equal(["audio", "source", "360p"]);
    expect(names({ source: 99, "360p": 1 })).to.deep.equal(["audio", "source"]);
    expect(names({ "1080p": 99 }), "of another ladder").to.deep.equal(["audio", "source", "360p"]);
    const plan = stagedPlan(200);
    const last = planOpening(plan)[0]?.last ?? 0;
    expect((plan.boundaries[last + 1] ?? 0) / plan.timescale).to.be.within(60, 64);
    expect(planOpening(stagedPlan(10))[0]?.last).to.equal(stagedPlan(10).boundaries.length - 2);
  });
});
