import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { openCpuMeter } from "../../../../config/placement/cpu-meter.ts";
import { openProcessTree } from "../../../../config/placement/process-tree.ts";
import { eventually } from "../../../support/eventually.ts";

/** Busy in a grandchild of this process, as FFmpeg in its sandbox is, until it has counted so far. */
function startBusyGrandchild(count: number): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", "sh", "-c", `sh -c 'i=0; while [ $i -lt ${count} ]; do i=$((i+1)); done'; exit 0`], { stdio: "ignore", detached: true });
}

describe("process tree", () => {
  it("has the processor time of what this process started, while it runs and when it has ended", async () => {
    const read = openProcessTree();
    const before = await read();
    const usage = process.cpuUsage();
    const ofOthers = async (): Promise<number> => {
      const { user, system } = process.cpuUsage(usage);
      return (await read()) - before - (user + system) / 1e6;
    };
    const child = startBusyGrandchild(500_000);
    const ended = once(child, "close");
    await eventually(async () => (await ofOthers()) > 0.2);
    expect(child.exitCode).to.equal(null);
    await ended;
    expect(await ofOthers()).to.be.above(0.2);
  });

  it("has nothing of what others take", async () => {
    const sleeper = spawn("setpriv", ["--pdeathsig", "KILL", "--", "sleep", "60"], { stdio: "ignore" });
    const busy = startBusyGrandchild(2_000_000);
    await Promise.all([once(sleeper, "spawn"), once(busy, "spawn")]);
    const [ofSleeper, ofAll] = [openProcessTree(sleeper.pid), openProcessTree()];
    const before = await ofAll();
    await eventually(async () => (await ofAll()) - before > 0.3);
    expect(await ofSleeper()).to.be.below(0.1);
    if (busy.pid !== undefined) process.kill(-busy.pid, "SIGKILL"); // with the grandchild
    sleeper.kill("SIGKILL");
    await Promise.all([sleeper, busy].map((child) => child.exitCode ?? child.signalCode ?? once(child, "close")));
  });
});

describe("processor meter", () => {
  it("says shares of all cores since it looked last", async () => {
    const own = [10, 11, 11, 30];
    const machine = [{ idle: 0, total: 0 }, { idle: 2_000, total: 4_000 }, { idle: 2_000, total: 4_000 }, { idle: 6_000, total: 8_000 }];
    const look = openCpuMeter(async () => own.shift() ?? 0, () => machine.shift() ?? { idle: 0, total: 0 });
    expect([await look(), await look(), await look(), await look()]).to.deep.equal([undefined, { own: 0.25, machine: 0.5 }, undefined, { own: 1, machine: 0 }]);
  });

  it("measures this machine", async () => {
    const look = openCpuMeter();
    await look();
    const use = await eventually(look);
    expect([use.own, use.machine].every((share) => share >= 0 && share <= 1)).to.equal(true);
  });
});
