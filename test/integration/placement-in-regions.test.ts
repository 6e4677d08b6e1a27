/** Twelve brokers in three regions over a real NATS: where calls go, when all is well and when nodes fill up, leave and come back. */
import { expect } from "chai";
import { fail } from "../../config/errors.ts";
import { meshView } from "../../config/placement/mesh-view.ts";
import { eventually } from "../support/eventually.ts";
import { startRegionMesh, type RegionMesh } from "../support/region-mesh.ts";

const VIDEOS = Array.from({ length: 240 }, (_, n) => `01arz3ndektsv4rrffq69g${String(n).padStart(4, "0")}`);
const US = { "us-1": 8, "us-2": 4, "us-3": 4, "us-4": 2 } as const;

describe("a mesh of twelve nodes in three regions", function () {
  this.timeout(60_000);
  let mesh: RegionMesh;

  before(async () => {
    const workers = { ...US, "eu-1": 4, "eu-2": 4, "eu-3": 2, "asia-1": 4, "asia-2": 4 };
    mesh = await startRegionMesh({
      ...Object.fromEntries(Object.entries(workers).map(([id, slots]) => [id, [id.startsWith("us") ? "us" : id.startsWith("eu") ? "eu" : "asia", slots] as const])),
      "us-gateway-1": ["us", 0], "us-gateway-2": ["us", 0], "eu-gateway": ["eu", 0],
    });
  });
  after(() => mesh?.stop());

  const placeAll = async (caller: string, videos = VIDEOS): Promise<string[]> => {
    const placed: string[] = [];
    for (const video of videos) placed.push(await mesh.make(caller, video));
    return placed;
  };
  const regionsOf = (ids: readonly string[]): string[] => [...new Set(ids.map((id) => id.split("-")[0] ?? ""))].sort();
  /** Resolves when calls from there go to that region alone: reports and round trips travel. */
  const allIn = (region: string, caller = "us-gateway-1"): Promise<unknown> =>
    eventually(async () => regionsOf(await placeAll(caller, VIDEOS.slice(0, 12))).join() === region);

  it("keeps calls in their region", async () => {
    await allIn("us");
    for (const [caller, region] of [["us-gateway-1", "us"], ["eu-gateway", "eu"], ["asia-2", "asia"]] as const) {
      expect(regionsOf(await placeAll(caller, VIDEOS.slice(0, 24))), caller).to.deep.equal([region]);
    }
  });

  it("sends everybody in a region to the same node for a video, and videos to nodes by what they can do", async () => {
    const [one, two, worker] = [await placeAll("us-gateway-1"), await placeAll("us-gateway-2"), await placeAll("us-3")];
    expect(two).to.deep.equal(one);
    expect(worker).to.deep.equal(one);
    for (const [id, slots] of Object.entries(US)) expect(one.filter((placed) => placed === id).length / VIDEOS.length, id).to.be.closeTo(slots / 18, 0.08);
  });

  it("leaves a call without a place on the caller's node, and else spreads it", async () => {
    expect(await mesh.node("us-4").broker.call("transcoder.load")).to.equal("us-4");
    const answered = await Promise.all(Array.from({ length: 60 }, () => mesh.node("us-gateway-1").broker.call<string>("transcoder.load")));
    expect(regionsOf(answered)).to.deep.equal(["us"]);
    expect(new Set(answered).size).to.be.above(1);
  });

  it("moves on from a node that has no slot left, and comes back", async () => {
    const [video = ""] = VIDEOS;
    const home = await mesh.make("us-gateway-1", video);
    const { use } = mesh.node(home);
    mesh.node(home).use = { ...use, play: use.slots, waiting: 2 };
    const other = await eventually(async () => {
      const placed = await mesh.make("us-gateway-1", video);
      return placed !== home && placed;
    });
    expect(await mesh.make("us-gateway-2", video)).to.equal(other);
    mesh.node(home).use = use;
    await eventually(async () => (await mesh.make("us-gateway-1", video)) === home);
  });

  it("spreads calls that come all at once, before any node can have told of them", async () => {
    const gate = Promise.withResolvers<void>();
    for (const id of Object.keys(US)) mesh.node(id).make = () => gate.promise;
    const calls = Array.from({ length: 18 }, () => mesh.make("us-gateway-1", VIDEOS[1] ?? ""));
    gate.resolve();
    const counts = Map.groupBy(await Promise.all(calls), (id) => id);
    for (const [id, slots] of Object.entries(US)) expect(counts.get(id)?.length ?? 0, id).to.be.at.most(Math.ceil(1.3 * slots));
    expect(regionsOf([...counts.keys()])).to.deep.equal(["us"]);
    for (const id of Object.keys(US)) delete mesh.node(id).make;
  });

  it("takes no notice of a report that is none", async () => {
    const { book } = meshView(mesh.node("us-gateway-1").broker);
    for (const made of ["x", { slots: "many" }, { ...mesh.node("us-1").use, accepting: "no" }]) await mesh.node("us-1").broker.broadcast("load.reported", made);
    const before = await mesh.make("us-gateway-1", VIDEOS[0] ?? "");
    expect(book.look("us-1").report).to.deep.include({ slots: 8, accepting: true });
    expect(await mesh.make("us-gateway-1", VIDEOS[0] ?? "")).to.equal(before);
  });

  it("asks nothing new of a node that does not accept calls, unless there is no other", async () => {
    for (const id of ["us-1", "us-2"]) meshView(mesh.node(id).broker).own.setAccepting(false);
    await eventually(async () => !(await placeAll("us-gateway-1")).some((id) => id === "us-1" || id === "us-2"));
    for (const id of ["us-3", "us-4"]) meshView(mesh.node(id).broker).own.setAccepting(false);
    await allIn("eu");
    for (const id of ["eu-1", "eu-2", "eu-3", "asia-1", "asia-2"]) meshView(mesh.node(id).broker).own.setAccepting(false);
    await allIn("us");
    for (const id of [...Object.keys(US), "eu-1", "eu-2", "eu-3", "asia-1", "asia-2"]) meshView(mesh.node(id).broker).own.setAccepting(true);
    await eventually(async () => new Set(await placeAll("us-gateway-1")).size === 4);
  });

  it("tries a call that failed on a node on another", async () => {
    const [, , video = ""] = VIDEOS;
    const home = await mesh.make("us-gateway-1", video);
    const failed = new Set<string>();
    for (const id of Object.keys(US)) {
      mesh.node(id).make = async () => {
        if (failed.size >= 2 || failed.has(id)) return;
        failed.add(id);
        throw fail("overloaded", "staged");
      };
    }
    const answered = await mesh.make("us-gateway-1", video);
    expect([...failed][0]).to.equal(home);
    expect([...failed]).to.have.lengthOf(2).and.not.include(answered);
    for (const id of Object.keys(US)) delete mesh.node(id).make;
  });

  it("goes to the nearest region when its own has lost its nodes, to the next when that has, and comes back", async () => {
    const some = VIDEOS.slice(0, 24);
    await mesh.leave(Object.keys(US));
    const placed = await placeAll("us-gateway-1", some);
    expect(regionsOf(placed)).to.deep.equal(["eu"]);
    expect(await placeAll("us-gateway-2", some)).to.deep.equal(placed);
    await mesh.leave(["eu-1", "eu-2", "eu-3"]);
    expect(regionsOf(await placeAll("us-gateway-1", some))).to.deep.equal(["asia"]);
    await mesh.start(["eu-1"]);
    await allIn("eu");
    await mesh.start(Object.keys(US));
    await allIn("us");
  });
});
