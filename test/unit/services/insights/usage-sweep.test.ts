import { expect } from "chai";
import { keepUsageDays } from "../../../../services/insights/usage-sweep.ts";

describe("what is due a few times a day", () => {
  it("is done one after another, again and again, also when one fails; and ends when it is told", async () => {
    const [done, waits, warned]: [string[], (() => void)[], string[]] = [[], [], []];
    let ending: AbortSignal | undefined;
    const end = keepUsageDays({
      clock: { after: (_ms, work) => { waits.push(work); return () => done.push("called off"); }, date: () => 0, random: () => 0 },
      logger: { warn: (line: string) => warned.push(line) },
    }, [
      async () => { done.push("first"); throw new Error("staged"); },
      async (signal) => { ending = signal; done.push("second"); },
    ]);
    for (let turn = 0; turn < 2; turn++) {
      waits[turn]?.();
      while (waits.length < turn + 2) await new Promise((resolve) => { setImmediate(resolve); });
    }
    await end();
    expect([done, warned.length, ending?.aborted]).to.deep.equal([["first", "second", "first", "second", "called off"], 2, true]);
  });
});
