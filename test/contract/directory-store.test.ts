/** What only a directory can do wrong. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { expect } from "chai";
import { openDirectoryStore } from "../../services/storage/directory-store.ts";
import { makeTempDir, removeDir, runProcess, startProcess } from "../support/processes.ts";
import { rejection } from "../support/rejection.ts";
import { stormBytes } from "../support/storm-bytes.ts";

const HOUR_MS = 3_600_000;
const MiB = 1024 * 1024;
const run = promisify(execFile);

/** Whether this machine let us mount that. */
async function mounted(...args: string[]): Promise<boolean> {
  return await run("mount", args).then(() => true, () => false);
}

describe("directory store", () => {
  let dir: string;
  beforeEach(async () => { dir = await makeTempDir("directory-store"); });
  afterEach(async () => { await removeDir(dir); });
  const leftovers = async (): Promise<string[]> => await readdir(join(dir, ".tmp"));

  it("leaves no temporary file behind, however a write ends", async () => {
    const store = await openDirectoryStore(dir);
    await store.put("a/b", Buffer.from("x"));
    await store.put("a/b", Buffer.from("y"), { ifAbsent: true });
    await rejection(store.upload("a/c", Readable.from([Buffer.alloc(100)]), { maxBytes: 10 }), "too large");
    await rejection(store.put("a/b/c", Buffer.from("z")), "below an object");
    await store.removePrefix("a/");
    expect(await leftovers()).to.deep.equal([]);
  });

  it("refuses a key that is another's folder, without harm", async () => {
    const store = await openDirectoryStore(dir);
    await store.put("a/b", Buffer.from("x"));
    for (const key of ["a", "a/b/c"]) expect(await rejection(store.put(key, Buffer.from("y")), key)).to.have.property("type", "bad_request");
    expect((await store.get("a/b"))?.toString()).to.equal("x");
  });

  it("sweeps what writers that died left an hour ago, and nothing younger", async () => {
    let now = Date.now();
    const store = await openDirectoryStore(dir, () => now);
    await writeFile(join(dir, ".tmp", "half"), "half an object");
    await mkdir(join(dir, ".tmp", "doomed", "media"), { recursive: true });
    await writeFile(join(dir, ".tmp", "doomed", "media", "0"), "half removed");
    await store.put("kept", Buffer.from("x"));
    expect(await store.sweep()).to.equal(0);
    now += HOUR_MS + 1_000;
    expect([await store.sweep(), await leftovers()]).to.deep.equal([2, []]);
    expect((await store.get("kept"))?.toString()).to.equal("x");
  });

  it("puts into a folder again that another process has removed", async () => {
    const [store, other] = [await openDirectoryStore(dir), await openDirectoryStore(dir)];
    await store.put("video/1/media/0", Buffer.from("x"));
    await other.removePrefix("video/1/");
    await rm(join(dir, "video"), { recursive: true });
    await store.put("video/1/media/1", Buffer.from("y"), { ifAbsent: true });
    expect((await other.get("video/1/media/1"))?.toString()).to.equal("y");
  });

  it("survives puts into a folder that is being removed: each object is there whole, or gone", async () => {
    const store = await openDirectoryStore(dir);
    for (let round = 0; round < 10; round++) {
      const puts = Array.from({ length: 8 }, (_, i) => store.put(`folder/${i % 2}/${i}`, Buffer.from("whole")));
      await Promise.all([store.removePrefix("folder/"), ...puts.map((put) => put.catch((error: unknown) => expect(error).to.have.property("type", "storage_unavailable")))]);
      for (const { size } of (await store.list({ prefix: "folder/" })).objects) expect(size).to.equal(5);
    }
    expect(await leftovers()).to.deep.equal([]);
  });

  it("lists a large folder in pages with empty folders among the full ones", async () => {
    const store = await openDirectoryStore(dir);
    await Promise.all(Array.from({ length: 120 }, (_, i) => mkdir(join(dir, "videos", String(i).padStart(3, "0")), { recursive: true })));
    for (const full of ["videos/003", "videos/077", "videos/119"]) await store.put(`${full}/record.json`, Buffer.from("{}"));
    expect((await store.list({ prefix: "videos/", limit: 2 })).objects.map(({ key }) => key)).to.deep.equal(["videos/003/record.json", "videos/077/record.json"]);
    expect(await store.list({ prefix: "videos/", limit: 2, after: "videos/077/record.json", delimiter: "/" })).to.deep.equal({ objects: [], prefixes: ["videos/119/"] });
  });

  it("says that the store is full when the disk is, keeps what it has, and goes on when there is room", async function () {
    if (!(await mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", dir))) this.skip(); // only root may, and not in every container
    try {
      const store = await openDirectoryStore(dir);
      await store.put("small", Buffer.from("kept"));
      const bytes = randomBytes(2 * MiB);
      const writes = [
        () => store.put("a/large", bytes), () => store.put("small", bytes), () => store.put("b/large", bytes, { ifAbsent: true }),
        () => store.upload("c/large", Readable.from([bytes.subarray(0, MiB), bytes.subarray(MiB)]), { maxBytes: 9 * MiB }),
      ];
      for (const write of writes) expect(await rejection(write(), "a full disk")).to.include({ type: "storage_full", code: 507 });
      expect([await leftovers(), (await store.list({ prefix: "" })).objects]).to.deep.equal([[], [{ key: "small", size: 4 }]]);
      expect((await store.get("small"))?.toString()).to.equal("kept");
      await store.put("fits", Buffer.alloc(100_000));
      await store.probe();
    } finally {
      await run("umount", [dir]);
    }
  });

  it("says that the store cannot be used when the disk has become read-only or the directory is gone", async () => {
    const store = await openDirectoryStore(dir);
    await store.put("a", Buffer.from("x"));
    if (await mounted("--bind", dir, dir)) {
      try {
        await run("mount", ["-o", "remount,bind,ro", dir]);
        expect(await rejection(store.put("b", Buffer.from("y")), "read-only")).to.include({ type: "storage_unavailable" });
        expect(await rejection(store.probe(), "read-only")).to.include({ type: "storage_unavailable" });
        expect((await store.get("a"))?.toString()).to.equal("x");
      } finally {
        await run("umount", [dir]);
      }
    }
    await rm(dir, { recursive: true });
    const error = await rejection(store.put("b", Buffer.from("y")), "gone");
    expect(error).to.include({ type: "storage_unavailable" });
    expect(String(error)).to.not.include(dir);
  });

  it("lets exactly one of two processes create each of 50 objects", async function () {
    this.timeout(20_000);
    const got = await Promise.all(["one", "two"].map((name) => runProcess(process.execPath, ["test/support/racing-creator.ts", dir, name, "50"])));
    const store = await openDirectoryStore(dir);
    expect(got.map(Number).reduce((a, b) => a + b)).to.equal(50);
    const owners = await Promise.all(Array.from({ length: 50 }, async (_, i) => (await store.get(`race/${i}`))?.toString()));
    expect(["one", "two"].map((name) => owners.filter((owner) => owner === name).length)).to.deep.equal(got.map(Number));
  });

  it("shows only whole objects after writers were killed in mid-write, and all that were promised", async function () {
    this.timeout(30_000);
    const store = await openDirectoryStore(dir);
    const promised: string[] = [];
    for (const name of ["first", "second", "third"]) {
      const writer = await startProcess(process.execPath, ["test/support/storm-writer.ts", dir, name]);
      await writer.said(/\/2\/20\n/, 20_000);
      await writer.kill();
      promised.push(...writer.output().split("\n").slice(0, -1).filter((line) => line.startsWith("storm/"))); // it keeps the end of what was said
    }
    const { objects } = await store.list({ prefix: "storm/" });
    for (const { key } of objects) expect((await store.get(key))?.equals(stormBytes(key)), key).to.equal(true);
    expect(promised.length).to.be.greaterThan(60);
    expect(objects.map(({ key }) => key)).to.include.members(promised);
  });
});
