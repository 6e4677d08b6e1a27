import { expect } from "chai";
import { checkVideos } from "../../../bin/restore/check-videos.ts";
import { copyRegion } from "../../../bin/restore/copy-region.ts";
import { parseRestoreArguments } from "../../../bin/restore/restore-arguments.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { planOf, renditionsOf } from "../../../media/plan-video.ts";
import { encryptStore } from "../../../services/storage/encryption/encrypted-store.ts";
import { freshRing } from "../../support/encrypted-unit.ts";
import { memoryStore } from "../../support/memory-store.ts";
import { makeFacts } from "../../support/sample-facts.ts";
import { makeRecord } from "../../support/sample-record.ts";

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const PLAN = planOf(makeFacts());
const OTHERS = { ownName: "us", isRegion: (name: string) => name === "eu" };
type Store = ReturnType<typeof memoryStore>;

/** A video as far as it has come. */
function put({ objects }: Store, id: string, { record = {}, finished = false, segments = 0 }: { record?: object; finished?: boolean; segments?: number } = {}): void {
  objects.set(objectKeys.record(id), json(makeRecord({ id, policy: "eager", home: "us", standby: ["eu"], ...record })));
  objects.set(objectKeys.verdict(id), json({ accepted: true })).set(objectKeys.plan(id), json(PLAN));
  if (finished) objects.set(objectKeys.outcome(id), json({ complete: true, at: "" }));
  for (const { name } of renditionsOf(PLAN)) for (let n = 0; n < segments; n++) objects.set(objectKeys.media(id, name, `${n}.m4s`), json(n));
}

const SEGMENTS = PLAN.boundaries.length - 1;

describe("restoring a region", () => {
  let own: Store;
  let from: Store;
  beforeEach(() => { [own, from] = [memoryStore(), memoryStore()]; });

  it("marks what is unfinished and this region's, and tells of the rest", async () => {
    put(own, "done", { finished: true, segments: SEGMENTS });
    put(own, "unfinished");
    put(own, "short", { finished: true, segments: SEGMENTS - 1 });
    put(own, "taken");
    own.objects.set(objectKeys.adoption("us", "taken", 1, "eu"), json({}));
    put(own, "orphan", { record: { home: "gone", standby: [] } });
    put(own, "torn");
    own.objects.set(objectKeys.plan("torn"), Buffer.from('{"facts"')).delete(objectKeys.record("torn"));
    put(own, "deleted", { segments: 1 });
    own.objects.set(objectKeys.tombstone("deleted"), json({}));
    const report = await checkVideos({ own, ...OTHERS, check: false });
    expect(report).to.deep.include({ videos: 5, open: 2, elsewhere: 1, incomplete: ["short"], leftovers: ["deleted"] });
    expect(report.damaged.map((line) => line.split(" ")[0])).to.deep.equal(["videos/torn/plan.json", "videos/torn/"]);
    expect([...own.objects.keys()].filter((key) => key.startsWith("open/"))).to.deep.equal(["open/orphan", "open/unfinished"]);
    expect([...own.objects.keys()].filter((key) => key.startsWith("videos/deleted/"))).to.deep.equal([]);
  });

  it("tells of protected videos without their key, which nobody can make again, and brings it from where it is", async () => {
    for (const id of ["plain", "locked", "lost"]) put(own, id, id === "plain" ? {} : { record: { protection: "cbcs" } });
    from.objects.set(objectKeys.contentKey("locked"), json({ key: "" }));
    await copyRegion(from, own, false);
    expect((await checkVideos({ own, ...OTHERS, check: false })).damaged.map((line) => line.split(" ")[0])).to.deep.equal([objectKeys.contentKey("lost")]);
  });

  it("copies what is missing from another region, but not what was deleted, nor that region's own marks", async () => {
    put(from, "a", { segments: 2 });
    put(from, "deleted");
    own.objects.set(objectKeys.tombstone("deleted"), json({}));
    from.objects.set("open/a", json({})).set("standby/us/a", json({})).set("heartbeat/eu.json", json({})).set("claims/c.json", json({})).set("access/keys/k/revoked.json", json({})).set(objectKeys.linkRevoked("a", "all-7"), json({})).set("uploads/u/source", json(1)).set("uploads/u/parts/0", json(1)).set(objectKeys.auditRecords("us", "2026-11-26T08", "w", 1), json(1));
    own.objects.set(objectKeys.record("a"), Buffer.from("ours"));
    const { copied, damaged } = await copyRegion(from, own, false);
    const wanted = [...from.objects.keys()].filter((key) => /^(audit|videos\/a|claims|access|uploads\/u\/source)/.test(key));
    expect([...own.objects.keys()].toSorted()).to.deep.equal([...wanted, objectKeys.tombstone("deleted")].toSorted());
    expect([copied, damaged]).to.deep.equal([wanted.length - 1, []]);
    expect(own.objects.get(objectKeys.record("a"))?.toString()).to.equal("ours");
    expect((await copyRegion(from, own, false)).copied).to.equal(0);
  });

  it("tells of a copy that does not come back as it was", async () => {
    put(from, "a");
    const lossy = { ...own, get: async (key: string) => (key.endsWith("plan.json") ? Buffer.from("?") : await own.get(key)) };
    expect((await copyRegion(from, lossy, false)).damaged).to.deep.equal([objectKeys.plan("a")]);
  });

  it("copies encrypted videos with their keys, as they are, and looks into them", async () => {
    const ring = freshRing();
    const theirs = encryptStore(from, ring);
    for (const id of ["a", "b", "deleted"]) await theirs.put(objectKeys.record(id), json(makeRecord({ id, policy: "eager", home: "us" })), { ifAbsent: true });
    for (const id of ["a", "b"]) await theirs.put(objectKeys.media(id, "720p", "0.m4s"), json(1));
    own.objects.set(objectKeys.tombstone("deleted"), json({}));
    const ours = encryptStore(own, ring);
    await ours.prepare("b"); // here it began by itself
    await ours.put(objectKeys.record("b"), json(makeRecord({ id: "b", policy: "eager", home: "us" })), { ifAbsent: true });
    const { copied, damaged } = await copyRegion(from, own, false);
    expect([copied, damaged]).to.deep.equal([3, ["keys/videos/b/key.json (another in each store)"]]);
    expect(own.objects.get(objectKeys.record("a"))).to.deep.equal(from.objects.get(objectKeys.record("a")));
    expect([...own.objects.keys()].some((key) => key.includes("videos/deleted"))).to.equal(false);
    expect(own.objects.has(objectKeys.media("b", "720p", "0.m4s"))).to.equal(false); // here nobody could read it
    expect(await checkVideos({ own: ours, ...OTHERS, check: true })).to.deep.include({ videos: 2, open: 2, damaged: [] });
    own.objects.delete(objectKeys.unitKey(objectKeys.video("a")));
    const flipped = Buffer.from(own.objects.get(objectKeys.record("b")) ?? "");
    own.objects.set(objectKeys.record("b"), flipped.fill(0, flipped.length - 4));
    const report = await checkVideos({ own: encryptStore(own, ring), ...OTHERS, check: true });
    expect(report.damaged.map((line) => line.split(" ")[0])).to.deep.equal(["videos/a/record.json", "videos/a/", "videos/b/record.json", "videos/b/"]);
  });

  it("only looks with --check", async () => {
    put(from, "a");
    put(from, "deleted");
    own.objects.set(objectKeys.tombstone("deleted"), json({}));
    put(own, "b");
    const before = [...own.objects.keys()];
    expect(await copyRegion(from, own, true)).to.include({ copied: 3 });
    expect(await checkVideos({ own, ...OTHERS, check: true })).to.include({ videos: 1, open: 1 });
    expect([...own.objects.keys()]).to.deep.equal(before);
  });

  it("is told what to do in words, and refuses others", () => {
    expect(parseRestoreArguments(["--from", "eu", "--check"])).to.deep.equal({ kind: "restore", options: { from: "eu", check: true } });
    expect(parseRestoreArguments(["--from", "s3://backup", "--endpoint", "http://127.0.0.1:1"])).to.deep.include({ kind: "restore" });
    for (const args of [["--endpoint", "http://x"], ["--from", "eu", "--endpoint", "http://x"], ["--form", "eu"], ["eu"]]) expect(parseRestoreArguments(args).kind).to.equal("fault");
  });
});
