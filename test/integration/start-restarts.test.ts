/** What `npm start` runs is started again when it dies by itself, and given up when it keeps dying. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Redis } from "ioredis";
import type { Mesh } from "../../bin/mesh-file.ts";
import { findProcesses, type LecternProcess } from "../support/lectern-process.ts";
import { READY, startLectern } from "../support/start-process.ts";

describe("npm start, when a part of it dies", () => {
  let dir: string;
  let lectern: LecternProcess;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lectern-start-"));
    lectern = startLectern(dir);
  });
  afterEach(async () => {
    lectern.child.kill("SIGTERM");
    await lectern.exited;
    rmSync(dir, { recursive: true, force: true });
  });

  const pidOf = (part: string): number => (JSON.parse(readFileSync(join(dir, "run", `${part}.json`), "utf8")) as { pid: number }).pid;

  it("starts Redis again on the same port with all that was acknowledged", async () => {
    await lectern.waitFor(READY);
    const redis = new Redis((JSON.parse(readFileSync(join(dir, "mesh.json"), "utf8")) as Mesh).redisUrl, { lazyConnect: true });
    redis.on("error", () => undefined); // it is about to be killed
    await redis.connect();
    await redis.set("kept", "yes");
    process.kill(pidOf("redis"), "SIGKILL");
    await lectern.waitFor(/Redis stopped by itself \(signal SIGKILL\); starting it again in 0\.5 s\.[\s\S]*Redis runs again\./);
    expect(await redis.get("kept")).to.equal("yes");
    redis.disconnect();
  });

  it("starts the node and NATS again", async () => {
    await lectern.waitFor(READY);
    process.kill(pidOf("node"), "SIGKILL");
    await lectern.waitFor(/The node runs again\./);
    process.kill(pidOf("nats"), "SIGKILL");
    await lectern.waitFor(/NATS runs again\./);
  });

  it("stops everything after five deaths within a minute", async function () {
    this.timeout(30_000);
    await lectern.waitFor(READY);
    for (let death = 1; death <= 5; death++) {
      process.kill(pidOf("nats"), "SIGKILL");
      if (death < 5) await lectern.waitFor(new RegExp(`(NATS runs again\\.[\\s\\S]*){${death}}`));
    }
    expect((await lectern.exited).code).to.equal(1);
    expect(lectern.output()).to.include(`NATS keeps dying (signal SIGKILL); see its log ${dir}/logs/nats.log`);
    expect(findProcesses(dir)).to.deep.equal([]);
  });
});
