import { expect } from "chai";
import { sparingRedis } from "../../../mixins/redis.ts";

describe("sparing Redis", () => {
  it("does without it for a moment after it failed, then asks it again", async () => {
    let [clock, asked, works] = [0, 0, true];
    const sparing = sparingRedis(2_000, () => clock);
    const ask = (): Promise<string> => sparing(async () => {
      asked++;
      if (!works) throw new Error("away");
      return "Redis";
    }, () => "spare");
    expect([await ask(), asked]).to.deep.equal(["Redis", 1]);
    works = false;
    expect([await ask(), await ask(), asked]).to.deep.equal(["spare", "spare", 2]);
    clock = 1_999;
    expect([await ask(), asked]).to.deep.equal(["spare", 2]);
    [clock, works] = [2_000, true];
    expect([await ask(), await ask(), asked]).to.deep.equal(["Redis", "Redis", 4]);
  });
});
