import { expect } from "chai";
import { parseAutoscaleArguments } from "../../../bin/autoscale/autoscale-arguments.ts";
import { openNodePool } from "../../../bin/autoscale/node-pool.ts";
import { nodesWanted, pauseAfter } from "../../../bin/autoscale/steer.ts";
import { eventually } from "../../support/eventually.ts";

describe("an autoscaler", () => {
  it("wants what others do not bring, and no more than it may", () => {
    expect([nodesWanted(1, 1, 3), nodesWanted(3, 1, 3), nodesWanted(9, 1, 3), nodesWanted(1, 4, 3), nodesWanted(2.2, 2, 3)]).to.deep.equal([0, 2, 3, 0, 1]);
  });

  it("waits longer after each node that ended by itself, five minutes at most", () => {
    expect([0, 1, 2, 3, 20].map(pauseAfter)).to.deep.equal([0, 5_000, 10_000, 20_000, 300_000]);
  });

  it("says what is wrong with its command line", () => {
    expect(parseAutoscaleArguments(["--max", "3", "--every", "5", "--url", "http://a/"])).to.deep.equal({ kind: "run", options: { max: 3, everyMs: 5_000, url: "http://a" } });
    expect(parseAutoscaleArguments([])).to.have.property("kind", "run");
    for (const args of [["--max", "0"], ["--max", "1.5"], ["--every", "x"], ["--minimum", "1"]]) expect(parseAutoscaleArguments(args), args.join(" ")).to.have.property("kind", "fault");
  });

  it("starts another for one that dies, not at once, and leaves none behind", async () => {
    const said: string[] = [];
    let now = 0;
    const pool = openNodePool({
      prefix: "a-", command: (nodeId) => ({ program: "sh", args: ["-c", nodeId === "a-2" ? "exit 3" : "exec sleep 60"] }), env: process.env, cwd: "/", setpriv: undefined, graceMs: 5_000,
      say: (text) => said.push(text), onLine: () => undefined, now: () => now,
    });
    pool.resize(2);
    await eventually(() => pool.count() === 1);
    expect(said.at(-1)).to.equal("a-2 ended by itself (exit code 3); another is started in 5 s at the soonest.");
    pool.resize(2);
    expect(pool.count(), "not yet").to.equal(1);
    now += 5_000;
    pool.resize(2);
    expect(pool.count()).to.equal(2);
    pool.resize(0);
    expect(pool.count(), "those that leave are not counted").to.equal(0);
    await pool.close();
    expect(said.filter((text) => text.startsWith("a-1 "))).to.deep.equal(["a-1 starts.", "a-1 is asked to leave; it finishes what it has.", "a-1 has left (signal SIGTERM)."]);
  });
});
