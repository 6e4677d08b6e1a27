import { expect } from "chai";
import type { Logger } from "moleculer";
import { fail } from "../../../../config/errors.ts";
import { planOf } from "../../../../media/plan-video.ts";
import { openReconciler, type Reconciler, type ReconcilerPorts } from "../../../../services/scheduler/reconciler.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import type { VideoRecord, VideoState } from "../../../../services/videos/videos.contract.ts";
import { mockClock, settle, type MockClock } from "../../../support/mock-clock.ts";
import { makeFacts } from "../../../support/sample-facts.ts";

const ROUND_MS = 3_000;
const LONG_AGO = "2025-12-31T00:00:00Z";
const record = (id: string, createdAt = LONG_AGO): VideoRecord => ({ id, createdAt, source: { kind: "url", url: "https://example.org/a.mp4" }, policy: "hybrid", priority: "normal", labels: {}, identity: "https://example.org/a.mp4", claim: "c", request: "r" });
const FACTS = makeFacts();
const accepted = { accepted: true, at: LONG_AGO, facts: FACTS, sourceVersion: "1" } as const;

const SUBMITTED: VideoState = { record: record("v"), deleted: false };
const VALIDATED: VideoState = { ...SUBMITTED, verdict: accepted };
const PLANNED: VideoState = { ...VALIDATED, plan: planOf(FACTS) };

function quietLogger(): Logger {
  const say = (): void => undefined;
  return { debug: say, info: say, warn: say, error: say, fatal: say, trace: say } as unknown as Logger;
}

/** A mesh with these open videos; what is asked of it is written to `calls`. `null`: a mark without a record. */
function mesh(videos: Record<string, VideoState | null | Error>, marks: string[] = []) {
  const calls: string[] = [];
  const elected = new Map<string, number>();
  const step = (name: string) => async (id: string): Promise<void> => { calls.push(`${name} ${id}`); };
  const ports: ReconcilerPorts = {
    logger: quietLogger(),
    listOpen: async () => ({ objects: [...Object.keys(videos).map((id) => `open/${id}`), ...marks].map((key) => ({ key, size: 1 })), prefixes: [] }),
    elect: async (key, forMs) => {
      if ((elected.get(key) ?? -Infinity) > Date.now()) return false;
      elected.set(key, Date.now() + forMs);
      return true;
    },
    state: async (id) => {
      const state = videos[id] ?? null;
      if (state instanceof Error) throw state;
      return state;
    },
    validate: step("validate"), plan: step("plan"), feed: step("feed"), screen: step("screen"), relist: step("relist"), isOurs: async (id) => !id.startsWith("theirs"),
    tidy: async (id) => { calls.push(`tidy ${id}`); delete videos[id]; },
    bury: step("bury"),
    unmark: async (key) => { calls.push(`unmark ${key}`); delete videos[key.slice("open/".length)]; marks.splice(0, Infinity, ...marks.filter((other) => other !== key)); },
  };
  return { ports, calls, videos };
}

describe("reconciler", () => {
  let clock: MockClock;
  let reconciler: Reconciler | undefined;
  beforeEach(() => { clock = mockClock(); });
  afterEach(async () => { await reconciler?.close(); clock.restore(); });
  const start = async (ports: ReconcilerPorts): Promise<void> => { reconciler = openReconciler(ports, { ...systemClock, now: () => Date.now() }); await settle(); };

  it("has a video screened beside what else it waits for, also one that is complete, and asks again when that was lost", async () => {
    const wanting = (state: VideoState): VideoState => ({ ...state, record: { ...state.record, screening: "publish-first" } });
    const complete = { ...PLANNED, outcome: { complete: true as const, at: "2026-01-01T00:00:00.000Z" } };
    const seen = { verdict: "pass" as const, at: "2026-01-01T00:00:00.000Z", findings: [], hashes: [], cost: { seconds: 1, frames: 1, bytes: 1 } };
    const { ports, calls } = mesh({ a: wanting(PLANNED), b: wanting(complete), c: PLANNED, d: wanting(VALIDATED), e: { ...wanting(PLANNED), screening: seen }, theirs: wanting(PLANNED) });
    await start(ports);
    const screens = (): string[] => calls.filter((call) => call.startsWith("screen")).toSorted();
    expect(screens()).to.deep.equal(["screen a", "screen b"]);
    expect(calls).to.include.members(["feed a", "tidy b"]);
    for (let round = 0; round < 5; round++) await clock.advance(ROUND_MS);
    expect(screens()).to.include("screen a");
    expect(screens().filter((call) => call === "screen a").length).to.be.above(1);
  });

  it("continues each video at the step that is missing, and lists it again", async () => {
    const { ports, calls } = mesh({ a: SUBMITTED, b: VALIDATED, c: PLANNED });
    await start(ports);
    expect(calls).to.deep.equal(["relist a", "validate a", "relist b", "plan b", "relist c", "feed c"]);
  });

  it("tidies up after what is finished, rejected or deleted", async () => {
    const { ports, calls } = mesh({
      complete: { ...PLANNED, outcome: { complete: true, at: LONG_AGO } }, failed: { ...PLANNED, outcome: { complete: false, at: LONG_AGO, reasons: [] } },
      rejected: { ...SUBMITTED, verdict: { accepted: false, at: LONG_AGO, reasons: [] } }, deleted: { ...SUBMITTED, deleted: true },
    });
    await start(ports);
    expect(calls).to.deep.equal(["tidy complete", "tidy failed", "tidy rejected", "tidy deleted"]);
  });

  it("leaves to another region what that has taken over, until it is done", async () => {
    const { ports, calls } = mesh({ theirs: PLANNED, theirsDone: { ...PLANNED, outcome: { complete: true, at: LONG_AGO } } });
    await start(ports);
    expect(calls).to.deep.equal(["tidy theirsDone"]);
  });

  it("goes on with a deletion that the store does not let be whole, ever more seldom, until it is, and tells the operator once", async () => {
    const { ports, calls } = mesh({}, ["open/v.deleted"]);
    const warnings: string[] = [];
    const { bury } = ports;
    let isKept = true;
    ports.logger.warn = (message: string) => void warnings.push(message);
    ports.bury = async (id) => {
      await bury(id);
      if (isKept) throw fail("erasure_incomplete", "a lock keeps it");
    };
    await start(ports);
    const inAnHour = async (): Promise<number> => {
      const before = calls.length;
      for (let round = 0; round < 1_200; round++) await clock.advance(ROUND_MS);
      return calls.length - before;
    };
    await inAnHour();
    expect(await inAnHour()).to.be.within(5, 7);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include("a lock keeps it");
    isKept = false;
    await inAnHour();
    expect(calls.slice(-2)).to.deep.equal(["bury v", "unmark open/v.deleted"]);
    expect(await inAnHour()).to.equal(0);
  });

  it("goes on with a deletion at once, and a minute later removes what came meanwhile", async () => {
    const { ports, calls } = mesh({}, ["open/v.deleted"]);
    await start(ports);
    for (let passed = 0; passed <= 60_000; passed += ROUND_MS) {
      expect(calls).to.deep.equal(["bury v"]);
      await clock.advance(ROUND_MS);
    }
    expect(calls).to.deep.equal(["bury v", "bury v", "unmark open/v.deleted"]);
    await clock.advance(ROUND_MS);
    expect(calls).to.have.length(3);
  });

  it("continues a video that was opened once more, and keeps its mark for a minute, for its old end may be about to go", async () => {
    const failed: VideoState = { ...PLANNED, outcome: { complete: false, at: LONG_AGO, reasons: [] } };
    const { ports, calls, videos } = mesh({}, ["open/v.1767139200000"]);
    const states: Record<string, VideoState> = { v: failed };
    await start({ ...ports, state: async (id) => states[id] ?? null });
    expect(calls).to.be.empty;
    states["v"] = PLANNED;
    await clock.advance(ROUND_MS);
    expect(calls).to.deep.equal(["relist v", "feed v"]);
    states["v"] = failed;
    for (let passed = ROUND_MS; passed <= 60_000; passed += ROUND_MS) await clock.advance(ROUND_MS);
    expect(calls.slice(2)).to.deep.equal(["tidy v", "unmark open/v.1767139200000"]);
    expect(videos).to.deep.equal({});
  });

  it("gives what was just posted its time", async () => {
    const { ports, calls } = mesh({ v: { ...SUBMITTED, record: record("v", new Date().toISOString()) } });
    await start(ports);
    expect(calls).to.be.empty;
    await clock.advance(ROUND_MS);
    expect(calls).to.be.empty;
    await clock.advance(ROUND_MS);
    expect(calls).to.deep.equal(["relist v", "validate v"]);
  });

  it("waits no longer for a video of a node whose clock is an hour ahead", async () => {
    const { ports, calls } = mesh({ v: { ...SUBMITTED, record: record("v", new Date(Date.now() + 3_600_000).toISOString()) } });
    await start(ports);
    for (let round = 1; round <= 2; round++) await clock.advance(ROUND_MS);
    expect(calls).to.deep.equal(["relist v", "validate v"]);
  });

  it("takes a step again only when it counts as lost: a look after 20 s, a plan after 5", async () => {
    const { ports, calls } = mesh({ a: SUBMITTED, b: VALIDATED });
    await start(ports);
    for (let round = 1; round <= 7; round++) await clock.advance(ROUND_MS);
    expect(calls.filter((call) => call === "validate a")).to.have.length(2);
    expect(calls.filter((call) => call === "plan b")).to.have.length(4);
  });

  it("leaves a video to the scheduler that was elected", async () => {
    const { ports, calls } = mesh({ v: PLANNED });
    await start({ ...ports, elect: async () => false });
    expect(calls).to.be.empty;
  });

  it("elects by step, so that the next one need not wait for the one before to be lost", async () => {
    const { ports, calls, videos } = mesh({ v: SUBMITTED });
    await start(ports);
    videos["v"] = VALIDATED;
    await clock.advance(ROUND_MS);
    videos["v"] = PLANNED;
    await clock.advance(ROUND_MS);
    expect(calls.filter((call) => !call.startsWith("relist"))).to.deep.equal(["validate v", "plan v", "feed v"]);
  });

  it("removes a mark whose post was never answered, after a minute", async () => {
    const { ports, calls } = mesh({ v: null });
    await start(ports);
    for (let passed = 0; passed <= 60_000; passed += ROUND_MS) {
      expect(calls).to.be.empty;
      await clock.advance(ROUND_MS);
    }
    expect(calls).to.deep.equal(["unmark open/v"]);
  });

  it("reads every page of the open videos", async () => {
    const { ports, calls } = mesh({ a: SUBMITTED, b: SUBMITTED });
    const pages = new Map([["", { objects: [{ key: "open/a", size: 1 }], prefixes: [], next: "open/a" }], ["open/a", { objects: [{ key: "open/b", size: 1 }], prefixes: [] }]]);
    await start({ ...ports, listOpen: async (after) => pages.get(after ?? "") ?? { objects: [], prefixes: [] } });
    expect(calls).to.include.members(["validate a", "validate b"]);
  });

  it("goes on to the others when one video cannot be read", async () => {
    const { ports, calls } = mesh({ broken: new Error("record.json is damaged"), fine: PLANNED });
    await start(ports);
    expect(calls).to.deep.equal(["relist fine", "feed fine"]);
  });

  it("goes on in the next round when the store or Redis was away, or a step failed", async () => {
    const { ports, calls } = mesh({ v: SUBMITTED });
    let rounds = 0;
    await start({
      ...ports,
      listOpen: async (after) => { if (rounds++ === 0) throw new Error("away"); return await ports.listOpen(after); },
      validate: async (id) => { calls.push(`validate ${id}`); throw new Error("the origin is slow"); },
    });
    expect(calls).to.be.empty;
    await clock.advance(ROUND_MS);
    expect(calls).to.deep.equal(["relist v", "validate v"]);
    for (let round = 0; round < 7; round++) await clock.advance(ROUND_MS);
    expect(calls.filter((call) => call === "validate v")).to.have.length(2);
  });

  it("ends when it is closed, also in the middle of a round, and asks nothing more", async () => {
    const { ports, calls } = mesh({ a: SUBMITTED, b: SUBMITTED });
    const gate = Promise.withResolvers<void>();
    await start({ ...ports, state: async (id) => { calls.push(`state ${id}`); await gate.promise; return await ports.state(id); } });
    const closed = reconciler?.close();
    gate.resolve();
    await closed;
    expect(calls).to.include("state a").and.not.include("state b");
    const before = calls.length;
    await clock.advance(60_000);
    expect(calls).to.have.length(before);
  });
});
