import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import { openKnownPlans, type KnownPlan } from "../../../../services/delivery/known-plans.ts";
import type { WatchAnswer } from "../../../../services/videos/videos.contract.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

const KNOWN: KnownPlan = { plan: stagedPlan(4), protection: "none" as const, access: { id: "a", tenant: "default", visibility: "public", deleted: false } };
const BLOCKED: WatchAnswer = { ...KNOWN, fault: { code: "blocked", message: "staged" } };
const FRESH_MS = 15_000;
const STALE_MS = 60_000;

/** What a look answers, under a clock of the test's; `looks` counts them. */
function stage() {
  const staged = { now: 0, looks: 0, answer: (): WatchAnswer => KNOWN };
  const plans = openKnownPlans(async () => { staged.looks++; return staged.answer(); }, () => staged.now);
  plans.keep("a", KNOWN, plans.mark());
  return { staged, plans, get: () => plans.get("a") };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the plans that delivery knows", () => {
  it("hold for a while without asking anybody", async () => {
    const { staged, get, plans } = stage();
    staged.now = FRESH_MS;
    expect(await get()).to.deep.equal(KNOWN);
    expect(await plans.get("b")).to.equal(undefined);
    expect(staged.looks).to.equal(0);
  });

  it("are asked about beside the answer, then before it: a block of which word was lost holds within a minute", async () => {
    const { staged, get } = stage();
    staged.answer = () => BLOCKED;
    staged.now = FRESH_MS + 1;
    expect(await get()).to.deep.equal(KNOWN);
    await settle();
    expect(await get()).to.equal(undefined);
    const later = stage();
    later.staged.answer = () => BLOCKED;
    later.staged.now = STALE_MS + 1;
    expect(await later.get()).to.equal(undefined);
  });

  it("are had without waiting while they are fresh enough, and looked after beside that", async () => {
    const { staged, plans } = stage();
    staged.now = FRESH_MS + 1;
    expect([plans.recall("a"), plans.recall("b")]).to.deep.equal([KNOWN, undefined]);
    expect(staged.looks).to.equal(1);
    const later = stage();
    later.staged.now = STALE_MS + 1;
    expect(later.plans.recall("a")).to.equal(undefined);
    later.plans.forget("a");
    await settle();
    expect(later.plans.recall("a")).to.equal(undefined);
  });

  it("become private when the video does", async () => {
    const { staged, get } = stage();
    staged.answer = () => ({ ...KNOWN, access: { ...KNOWN.access, visibility: "private" } });
    staged.now = STALE_MS + 1;
    expect((await get())?.access.visibility).to.equal("private");
  });

  it("are still good when nobody can say how they are now, and gone with their video", async () => {
    const { staged, get } = stage();
    staged.answer = () => { throw fail("storage_unavailable", "staged"); };
    staged.now = STALE_MS + 1;
    expect(await get()).to.deep.equal(KNOWN);
    staged.answer = () => { throw fail("video_not_found", "staged"); };
    expect(await get()).to.equal(undefined);
  });

  it("are not kept when they were forgotten in the midst of an answer", async () => {
    const { plans, get } = stage();
    const mark = plans.mark();
    plans.forget("a");
    plans.keep("a", KNOWN, mark);
    expect(await get()).to.equal(undefined);
    plans.keep("a", KNOWN, plans.mark());
    expect(await get()).to.deep.equal(KNOWN);
  });
});
