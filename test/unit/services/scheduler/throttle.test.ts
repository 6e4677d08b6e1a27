import { expect } from "chai";
import { throttle } from "../../../../services/scheduler/throttle.ts";
import { mockClock, type MockClock } from "../../../support/mock-clock.ts";

const unexpected = (error: unknown): never => expect.fail(String(error));

describe("throttle", () => {
  let clock: MockClock;
  beforeEach(() => { clock = mockClock(); });
  afterEach(() => clock.restore());

  it("runs once an interval for each key, however often it is touched, and always after the last touch", async () => {
    const runs: string[] = [];
    const throttled = throttle(400, async (key) => { runs.push(key); }, unexpected);
    for (let i = 0; i < 10; i++) throttled.touch("a");
    throttled.touch("b");
    await clock.advance(399);
    expect(runs).to.be.empty;
    throttled.touch("a");
    await clock.advance(1);
    expect(runs).to.deep.equal(["a", "b"]);
    await clock.advance(10_000);
    expect(runs).to.have.length(2);
    throttled.touch("a");
    await clock.advance(400);
    expect(runs).to.deep.equal(["a", "b", "a"]);
  });

  it("runs again for a touch that comes while it works", async () => {
    const works: PromiseWithResolvers<void>[] = [];
    const throttled = throttle(10, () => { const work = Promise.withResolvers<void>(); works.push(work); return work.promise; }, unexpected);
    throttled.touch("a");
    await clock.advance(10);
    throttled.touch("a");
    await clock.advance(10);
    expect(works).to.have.length(2);
  });

  it("hands failures on and goes on", async () => {
    const errors: unknown[] = [];
    const throttled = throttle(10, () => Promise.reject(new Error("away")), (error) => errors.push(error));
    throttled.touch("a");
    await clock.advance(10);
    throttled.touch("a");
    await clock.advance(10);
    expect(errors.map(String)).to.deep.equal(["Error: away", "Error: away"]);
  });

  it("runs nothing any more once it is closed", async () => {
    let runs = 0;
    const throttled = throttle(10, async () => { runs++; }, unexpected);
    throttled.touch("a");
    throttled.close();
    await clock.advance(100);
    expect(runs).to.equal(0);
  });
});
