import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { nodeState } from "../../../../mixins/node-state.ts";
import { diskCheck } from "../../../../services/node/disk-check.ts";
import { loopCheck, STALL_SEC } from "../../../../services/node/loop-check.ts";
import { openSelfChecks } from "../../../../services/node/self-checks.ts";
import { storeCheck } from "../../../../services/node/store-check.ts";
import { eventually } from "../../../support/eventually.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

const MiB = 1024 * 1024;

describe("self-checks of a node", () => {
  it("quarantine it after so many failures in a row, and let it go at the first that passes", async () => {
    const state = nodeState(quietBroker());
    const told: string[] = [];
    state.onChange(({ state: now }) => told.push(now));
    const faults = ["once", undefined, "twice", "twice", "twice", undefined];
    const looked: boolean[] = [];
    const checks = openSelfChecks([{ code: "staged", strikes: 2, look: async (suspected) => { looked.push(suspected); return faults[looked.length - 1]; } }], state, { debug: () => undefined }, 1);
    await eventually(() => looked.length > faults.length);
    checks.close();
    expect(told).to.deep.equal(["quarantined", "active"]);
    expect(looked.slice(0, faults.length)).to.deep.equal([false, true, false, true, true, true]);
  });

  it("say nothing when they break themselves", async () => {
    const state = nodeState(quietBroker());
    let looks = 0;
    const checks = openSelfChecks([{ code: "staged", strikes: 1, look: async () => { looks++; throw new Error("staged"); } }], state, { debug: () => undefined }, 1);
    await eventually(() => looks > 2);
    checks.close();
    expect(state.accepting).to.equal(true);
  });

  it("see a data directory whose disk is full, and that it has room again", async () => {
    const dir = mkdtempSync(join(tmpdir(), "lectern-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=40m", "tmpfs", dir]);
    try {
      const free: number[] = [];
      const check = diskCheck(dir, (bytes) => free.push(bytes));
      expect(await check.look(false)).to.equal(undefined);
      writeFileSync(join(dir, "filler"), Buffer.alloc(28 * MiB));
      expect(await check.look(false)).to.equal("The disk of the data directory is full: 12 MiB are free.");
      writeFileSync(join(dir, "filler"), Buffer.alloc(20 * MiB));
      expect(await check.look(true)).to.contain("20 MiB are free");
      expect(await check.look(false)).to.equal(undefined);
      execFileSync("mount", ["-o", "remount,ro", dir]);
      expect(await check.look(false)).to.equal("The disk of the data directory takes no writes.");
      expect(free.map((bytes) => Math.round(bytes / MiB))).to.deep.equal([40, 12, 20, 20, 20]);
    } finally {
      execFileSync("umount", [dir]);
      rmSync(dir, { recursive: true });
    }
  });

  it("see an event loop that is blocked again and again", async () => {
    let stalls = 0;
    const check = loopCheck(({ max }) => { if (max > STALL_SEC) stalls++; }, 2, 50);
    try {
      await new Promise((resolve) => setTimeout(resolve, 30)); // its timer has begun
      const until = performance.now() + 350;
      while (performance.now() < until);
      await new Promise((resolve) => setTimeout(resolve, 30)); // and has ended late
      expect(await check.look(false)).to.match(/^Its event loop was blocked for \d\.\d s\.$/);
      expect(stalls, "what is too long for viewers is counted").to.equal(1);
    } finally {
      check.close?.();
    }
  });

  for (const [others, fault] of [[true, "The object store does not answer this node, and answers others."], [false, undefined]] as const) {
    it(`blame this node for a store that is away exactly when others have it: ${others ? "they do" : "they do not"}`, async () => {
      const broker = quietBroker({ nodeID: "here" });
      const asked: string[] = [];
      broker.createService({ name: "storage", actions: { check: () => { throw new Error("staged"); } } });
      await broker.start();
      const call = broker.call.bind(broker);
      broker.call = (async (action: string, params: object, options?: { nodeID?: string }) => {
        if (action === "$node.list") return [{ id: "here", metadata: { services: ["storage"] } }, { id: "there", metadata: { services: ["storage"] } }, { id: "door", metadata: { services: ["gateway"] } }];
        asked.push(options?.nodeID ?? "");
        if (options?.nodeID !== "there") return await call(action, params, options ?? {});
        if (!others) throw new Error("staged");
        return null;
      }) as typeof broker.call;
      expect(await storeCheck(broker).look(false)).to.equal(fault);
      expect(asked).to.deep.equal(["here", "there"]);
      await broker.stop();
    });
  }
});
