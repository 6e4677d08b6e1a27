import { expect } from "chai";
import { redisKeys } from "../../../../config/redis-keys.ts";
import type { SourceRef } from "../../../../services/source/source.contract.ts";
import { openTraces } from "../../../../services/videos/traces.ts";
import { makeRecord } from "../../../support/sample-record.ts";
import { stagedPlan } from "../../../support/staged-plan.ts";

const quiet = { debug: () => undefined } as unknown as Parameters<typeof openTraces>[0]["logger"];

function stage({ isAway = false } = {}) {
  const unlinked: string[][] = [];
  const forgotten: SourceRef[] = [];
  const timers: { ms: number; work(): void }[] = [];
  let logs = 0;
  const answer = async (): Promise<number> => {
    if (isAway) throw new Error("away");
    return 0;
  };
  const traces = openTraces({
    redis: { unlink: async (...keys: string[]) => (unlinked.push(keys), await answer()), bgrewriteaof: async () => (logs++, await answer(), "OK") } as unknown as Parameters<typeof openTraces>[0]["redis"],
    keys: redisKeys("x"), logger: quiet,
    forgetSource: async (source) => { forgotten.push(source); await answer(); },
    clock: { after: (ms, work) => { const timer = { ms, work }; timers.push(timer); return () => { timers.splice(timers.indexOf(timer), 1); }; } },
  });
  const fire = (ms: number): void => { const at = timers.findIndex((timer) => timer.ms === ms); timers.splice(at, 1)[0]?.work(); };
  return { traces, unlinked, forgotten, timers, fire, logs: () => logs };
}

describe("what is left of a deleted video", () => {
  const record = makeRecord();

  it("goes from Redis and from nodes' caches, with or without a plan", async () => {
    const { traces, unlinked, forgotten } = stage();
    await traces.erase({ record, deleted: false });
    expect(unlinked).to.deep.equal([[`x:events:${record.id}`, `x:moments:${record.id}`]]);
    expect(forgotten).to.deep.equal([record.source]);
    await traces.erase({ record, plan: stagedPlan(60), deleted: false });
    expect(unlinked[1]).to.include.members([`x:stored:${record.id}/source`, `x:refused:${record.id}/source`, `x:warm:${record.id}/source/init.mp4`, `x:warm:${record.id}/source/0.m4s`]);
  });

  it("has Redis write its log anew, once for many, and again when the last segment on its way has expired there", async () => {
    const { traces, timers, fire, logs } = stage();
    for (let n = 0; n < 5; n++) await traces.erase({ record, deleted: false });
    expect(timers.map(({ ms }) => ms)).to.deep.equal([5_000, 95_000]);
    fire(5_000);
    expect(logs()).to.equal(1);
    await traces.erase({ record, deleted: false });
    expect(timers.map(({ ms }) => ms)).to.deep.equal([95_000, 5_000]);
    traces.close();
    expect(timers).to.deep.equal([]);
  });

  it("keeps nobody from deleting while Redis and the caches are away", async () => {
    const { traces, fire } = stage({ isAway: true });
    await traces.erase({ record, deleted: false });
    fire(5_000);
    await new Promise((resolve) => setImmediate(resolve));
  });
});
