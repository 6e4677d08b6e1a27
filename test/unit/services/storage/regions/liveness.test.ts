import { expect } from "chai";
import { openLiveness, type Liveness, type MeshNode } from "../../../../../services/storage/regions/liveness.ts";
import { openRegionLink, type RegionLink } from "../../../../../services/storage/regions/region-link.ts";
import type { Region } from "../../../../../config/regions.ts";
import { fail } from "../../../../../config/errors.ts";
import { eventually } from "../../../../support/eventually.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { rejection } from "../../../../support/rejection.ts";
import { silent } from "../../../../support/staged-regions.ts";

const DARK_MS = 10_000;
const EU: Region = { name: "eu", store: { kind: "file", dir: "eu" }, publicUrl: "", place: { latitude: 0, longitude: 0 }, countries: [] };
const node = (id: string, region: string, ...services: string[]): MeshNode => ({ id, instance: `${id}!`, region, services });

describe("liveness of regions", () => {
  let nowMs: number;
  let own: ReturnType<typeof memoryStore>;
  let theirs: ReturnType<typeof memoryStore>;
  let storeAway: boolean;
  let lateOnce: boolean;
  let nodes: MeshNode[];
  let looks: number;
  let link: RegionLink | undefined;
  let liveness: Liveness | undefined;

  beforeEach(async () => {
    [nowMs, own, theirs, storeAway, looks, lateOnce] = [0, memoryStore(), memoryStore(), false, 0, false];
    nodes = [node("us-1", "us", "storage", "scheduler"), node("eu-1", "eu", "storage", "scheduler")];
    const store = { ...theirs, get: async (key: string) => { if (storeAway || lateOnce) { lateOnce = false; throw fail("storage_unavailable", "away"); } return await theirs.get(key); } };
    link = await openRegionLink({ region: EU, openStore: async () => store, logger: silent, probeEveryMs: 5, now: () => nowMs });
    liveness = openLiveness({ own, ownName: "us", nodeId: "us-1", links: [link], darkAfterMs: DARK_MS, listNodes: async () => { looks++; return nodes; }, logger: silent, now: () => nowMs });
    await eventually(() => liveness?.nodesOf("us") === 1);
  });
  afterEach(async () => {
    await liveness?.close();
    await link?.close();
  });
  const isDark = (): boolean => liveness?.isDark("eu") === true;
  /** Its nodes as the mesh sees them from now on. */
  async function see(...seen: MeshNode[]): Promise<void> {
    nodes = seen;
    const before = looks;
    await eventually(() => looks > before + 1); // so one is over
  }
  const beat = (): Promise<true> => eventually(() => {
    if (link?.silentMs() === 0) return true;
    theirs.objects.set("heartbeat/eu.json", Buffer.from(String(Math.random())));
    return false;
  });

  it("take one for dark when neither its nodes nor its heartbeat were seen for as long as that takes", async () => {
    await see(...nodes.slice(0, 1));
    nowMs = DARK_MS - 1;
    expect(isDark()).to.equal(false);
    nowMs = DARK_MS;
    expect(isDark()).to.equal(true);
    expect(liveness?.isDark("nowhere")).to.equal(false);
  });

  it("do not give up one that the mesh sees, or whose heart beats", async () => {
    nowMs = 5 * DARK_MS;
    await eventually(() => !isDark());
    await see(...nodes.slice(0, 1));
    await beat();
    nowMs += DARK_MS - 1;
    expect(isDark()).to.equal(false);
    nowMs += 1;
    expect(isDark()).to.equal(true);
  });

  it("count no nodes that could not go on with a video", async () => {
    await see(node("us-1", "us", "storage", "scheduler"), node("operator", "eu"));
    nowMs = DARK_MS;
    expect(isDark()).to.equal(true);
  });

  it("take a heartbeat that stands for none, however new it says it is", async () => {
    theirs.objects.set("heartbeat/eu.json", Buffer.from("1"));
    await see(...nodes.slice(0, 1));
    nowMs = DARK_MS;
    expect(isDark()).to.equal(true);
  });

  it("beat in the own store, by the region's first node alone", async () => {
    await eventually(() => own.objects.has("heartbeat/us.json"));
    await see(node("us-0", "us", "storage"), ...nodes);
    expect(liveness?.living()).to.deep.equal({ writers: new Set(["us-0!", "us-1!"]), isFirst: false });
  });

  it("take one answer that does not come for no outage", async () => {
    let back = 0;
    link?.onBack(() => { back++; });
    lateOnce = true;
    await eventually(() => !lateOnce);
    nowMs = 1;
    await beat();
    expect([link?.isAway(), back]).to.deep.equal([false, 0]);
  });

  it("take a store that has lost the heartbeat for one that is away", async () => {
    nowMs = 1;
    await beat();
    theirs.objects.clear();
    await eventually(() => link?.isAway());
    nowMs = 2;
    await beat();
    expect(link?.isAway()).to.equal(false);
  });

  it("refuse what goes to a store that is away at once, and use it when it is back", async () => {
    storeAway = true;
    await eventually(() => link?.isAway());
    let back = 0;
    link?.onBack(() => { back++; });
    expect(await rejection(link?.use(async () => 1, 1_000) ?? Promise.resolve(), "a call")).to.include({ type: "storage_unavailable" });
    storeAway = false;
    await eventually(() => back === 1);
    expect(await link?.use(async () => 1, 1_000)).to.equal(1);
    expect(await rejection(link?.use(() => new Promise(() => undefined), 5) ?? Promise.resolve(), "a call without an end")).to.include({ type: "storage_unavailable" });
  });
});
