import { expect } from "chai";
import { planOf } from "../../../../media/plan-video.ts";
import type { Plan } from "../../../../media/plan.ts";
import { planWaiter } from "../../../../services/delivery/plan-waiter.ts";
import { mockClock, settle, type MockClock } from "../../../support/mock-clock.ts";
import { rejection } from "../../../support/rejection.ts";
import { makeFacts } from "../../../support/sample-facts.ts";

const PLAN = planOf(makeFacts());

describe("waiting for a plan", () => {
  let clock: MockClock;
  beforeEach(() => { clock = mockClock(); });
  afterEach(() => clock.restore());

  /** Answers null until `plan` is set; counts the looks. */
  const source = () => {
    const state: { plan: Plan | null; looks: number } = { plan: null, looks: 0 };
    return { state, look: async () => { state.looks++; return state.plan; } };
  };

  it("ends at once when it is there", async () => {
    const { state, look } = source();
    state.plan = PLAN;
    expect(await planWaiter().wait("v", look)).to.equal(PLAN);
    expect(state.looks).to.equal(1);
  });

  it("ends when an event says that the video changed, for all who wait for it and no others", async () => {
    const waiter = planWaiter();
    const [mine, other] = [source(), source()];
    const waits = [waiter.wait("v", mine.look), waiter.wait("v", mine.look)];
    const elsewhere = waiter.wait("w", other.look);
    await settle();
    mine.state.plan = PLAN;
    other.state.plan = PLAN;
    waiter.wake("v");
    expect(await Promise.all(waits)).to.deep.equal([PLAN, PLAN]);
    expect(other.state.looks).to.equal(1);
    waiter.wake("w");
    expect(await elsewhere).to.equal(PLAN);
  });

  it("goes on when the event was about something else", async () => {
    const waiter = planWaiter();
    const { state, look } = source();
    const wait = waiter.wait("v", look);
    await settle();
    waiter.wake("v");
    await settle();
    expect(state.looks).to.equal(2);
    state.plan = PLAN;
    waiter.wake("v");
    expect(await wait).to.equal(PLAN);
  });

  it("does not miss an event that comes while it looks", async () => {
    const waiter = planWaiter();
    const first = Promise.withResolvers<Plan | null>();
    const answers = [first.promise, Promise.resolve(PLAN)];
    const wait = waiter.wait("v", () => answers.shift() ?? Promise.resolve(null));
    waiter.wake("v"); // the plan was made just after it was looked for
    first.resolve(null);
    expect(await wait).to.equal(PLAN);
  });

  it("looks again by itself, when an event was lost", async () => {
    const waiter = planWaiter();
    const { state, look } = source();
    const wait = waiter.wait("v", look);
    await settle();
    state.plan = PLAN;
    await clock.advance(500);
    expect(await wait).to.equal(PLAN);
  });

  it("gives up after ten seconds with a hint when to come back", async () => {
    const waiter = planWaiter();
    const { look } = source();
    const outcome = rejection(waiter.wait("v", look), "wait");
    for (let passed = 0; passed < 11_000; passed += 500) await clock.advance(500);
    expect(await outcome).to.deep.include({ type: "plan_pending", data: { retryAfterSec: 1 } });
  });

  it("ends with what keeps the video from having one", async () => {
    expect(await rejection(planWaiter().wait("v", () => Promise.reject(new Error("rejected"))), "wait")).to.have.property("message", "rejected");
  });

  it("takes only so many at a time, and others again when those are gone", async () => {
    const waiter = planWaiter();
    const { state, look } = source();
    const waits = Array.from({ length: 5_000 }, () => waiter.wait("v", look));
    expect(await rejection(waiter.wait("w", look), "one too many")).to.deep.include({ type: "overloaded", data: { retryAfterSec: 2 } });
    state.plan = PLAN;
    waiter.wake("v");
    await Promise.all(waits);
    expect(await waiter.wait("w", look)).to.equal(PLAN);
  });
});
