import { expect } from "chai";
import { ReplyError } from "ioredis";
import { sparingRedis } from "../../../mixins/redis.ts";

describe("sparing Redis", () => {
  it("does without it for a moment after it failed, then asks it again", async () => {
    const notes: string[] = [];
    let refuses = false;
    let [clock, asked, works] = [0, 0, true];
    const sparing = sparingRedis((reason) => void notes.push(reason), 2_000, () => clock);
    const ask = (): Promise<string> => sparing(async () => {
      asked++;
      if (!works) throw refuses ? new ReplyError("NOPERM") : new Error("away");
      return "Redis";
    }, () => "spare");
    expect([await ask(), asked]).to.deep.equal(["Redis", 1]);
    works = false;
    expect([await ask(), await ask(), asked]).to.deep.equal(["spare", "spare", 2]);
    clock = 1_999;
    expect([await ask(), asked]).to.deep.equal(["spare", 2]);
    [clock, works] = [2_000, true];
    expect([await ask(), await ask(), asked]).to.deep.equal(["Redis", "Redis", 4]);
    expect(notes).to.deep.equal([]); // the connection has said it
    [works, refuses] = [false, true];
    expect([await ask(), await ask()]).to.deep.equal(["spare", "spare"]);
    expect(notes).to.deep.equal(["Redis refuses a command: NOPERM"]);
  });
});
