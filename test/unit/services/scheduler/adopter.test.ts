import { expect } from "chai";
import { findHeir, openAdopter, type Adopter, type AdopterPorts } from "../../../../services/scheduler/adopter.ts";
import type { Placement, RegionView } from "../../../../services/storage/storage.contract.ts";
import type { VideoState } from "../../../../services/videos/videos.contract.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeRecord } from "../../../support/sample-record.ts";

const say = (): void => undefined;
const view = (name: string, more: Partial<RegionView> = {}): RegionView => (
  { name, own: false, publicUrl: "", place: { latitude: 0, longitude: 0 }, countries: [], nodes: 1, storeReachable: true, dark: false, latencyMs: 1, waiting: 0, lagMs: 0, ...more }
);
const PLACEMENT: Placement = { home: "us", standby: ["eu"], worker: "us", changes: 0 };
const OPEN: VideoState = { record: makeRecord(), deleted: false };

/** What eu's scheduler sees; what it writes is in `keys`, in order. */
function stage(videos: Record<string, { placement?: Placement | null; state?: VideoState | null }>, regions = [view("eu", { own: true }), view("us", { dark: true }), view("asia")]) {
  const keys: string[] = [];
  const marks = new Set(Object.keys(videos).map((id) => `standby/us/${id}`));
  let rounds = 0;
  const ports: AdopterPorts = {
    logger: { debug: say, info: say, warn: say },
    async regions() { rounds++; return regions; },
    list: async (prefix) => ({ objects: [...marks].filter((key) => key.startsWith(prefix)).map((key) => ({ key, size: 2 })), prefixes: [] }),
    state: async (id) => videos[id]?.state === undefined ? OPEN : videos[id].state,
    placement: async (id) => videos[id]?.placement === undefined ? PLACEMENT : videos[id].placement,
    create: async (key) => void keys.push(key),
    tell: ({ key }) => void keys.push(`told ${key}`),
    remove: async (key) => { keys.push(`-${key}`); marks.delete(key); },
  };
  return { ports, keys, rounds: () => rounds };
}

describe("the adopter", () => {
  let adopter: Adopter | undefined;
  afterEach(async () => { await adopter?.close(); });
  async function run({ ports, rounds }: ReturnType<typeof stage>): Promise<void> {
    adopter = openAdopter(ports, 1);
    await eventually(() => rounds() > 3);
  }

  it("takes a video of a dark region over: first the change of hands, then the mark to work on it", async () => {
    const staged = stage({ v: {} });
    await run(staged);
    expect(staged.keys).to.deep.equal(["adopted/us/v/0001-eu", "told adopted/us/v/0001-eu", "open/v", "-standby/us/v"]);
  });

  it("takes it over once, when two schedulers try at the same time", async () => {
    const staged = stage({ v: {} });
    const other = openAdopter(staged.ports, 1);
    await run(staged);
    await other.close();
    expect([...new Set(staged.keys)]).to.deep.equal(["adopted/us/v/0001-eu", "told adopted/us/v/0001-eu", "open/v", "-standby/us/v"]);
  });

  it("does nothing while the region lives", async () => {
    const staged = stage({ v: {} }, [view("eu", { own: true }), view("us")]);
    await run(staged);
    expect(staged.keys).to.deep.equal([]);
  });

  it("goes on where one that died had written the change of hands only", async () => {
    const staged = stage({ v: { placement: { ...PLACEMENT, worker: "eu", changes: 1 } } });
    await run(staged);
    expect(staged.keys).to.deep.equal(["open/v", "-standby/us/v"]);
  });

  it("takes back what it had lost", async () => {
    const staged = stage({ v: { placement: { home: "eu", standby: ["us"], worker: "us", changes: 1 } } });
    await run(staged);
    expect(staged.keys[0]).to.equal("adopted/us/v/0002-eu");
  });

  it("leaves to others what is theirs, and what has no record here", async () => {
    const staged = stage({ theirs: { placement: { ...PLACEMENT, standby: ["asia", "eu"] } }, taken: { placement: { ...PLACEMENT, worker: "asia" } }, unknown: { placement: null, state: null } });
    await run(staged);
    expect(staged.keys).to.deep.equal([]);
  });

  it("forgets what is over", async () => {
    const staged = stage({ v: { state: { ...OPEN, outcome: { complete: true, at: "" } } } });
    await run(staged);
    expect(staged.keys).to.deep.equal(["-standby/us/v"]);
  });

  it("lets the first of the standbys that lives go on, whoever looks", () => {
    const placement = { home: "us", standby: ["eu", "asia"] };
    expect(findHeir(placement, "us", ["us"])).to.equal("eu");
    expect(findHeir(placement, "us", ["us", "eu"])).to.equal("asia");
    expect(findHeir(placement, "eu", ["eu"])).to.equal("us");
    expect(findHeir(placement, "us", ["us", "eu", "asia"])).to.equal(undefined);
  });
});
