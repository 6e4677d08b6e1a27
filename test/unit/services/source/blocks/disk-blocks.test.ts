import { expect } from "chai";
import { mkdir, mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../../../support/eventually.ts";
import { openDiskBlocks } from "../../../../../services/source/blocks/disk-blocks.ts";

const MiB = 1024 * 1024;

describe("disk blocks", () => {
  let dir: string;
  let warnings: string[];
  const log = { debug: () => undefined, info: () => undefined, warn: (message: string) => void warnings.push(message) };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "disk-blocks-"));
    warnings = [];
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const block = (value: number, length = 1000): Buffer => Buffer.alloc(length, value);

  it("gives back what it took, also after a restart", async () => {
    const first = await openDiskBlocks(dir, 10_000, log);
    await first.put("a.1", 0, block(1));
    await first.close();
    expect(await first.get("a.1", 0, 1000)).to.deep.equal(block(1));
    const second = await openDiskBlocks(dir, 10_000, log);
    expect(second.has("a.1", 0)).to.equal(true);
    expect(await second.get("a.1", 0, 1000)).to.deep.equal(block(1));
    expect(await second.get("a.1", 1, 1000)).to.equal(undefined);
  });

  it("has a block from when it was given, before it is written", async () => {
    const blocks = await openDiskBlocks(dir, 10_000, log);
    await blocks.put("a", 0, block(1));
    expect([blocks.has("a", 0), blocks.size()]).to.deep.equal([true, 0]);
    expect(await blocks.get("a", 0, 1000)).to.deep.equal(block(1));
    await blocks.close();
    expect([blocks.has("a", 0), blocks.size()]).to.deep.equal([true, 1000]);
  });

  it("has none that could not be written", async () => {
    const blocks = await openDiskBlocks(dir, 10_000, log);
    await writeFile(join(dir, "a"), "no folder");
    await blocks.put("a", 0, block(1));
    expect(blocks.has("a", 0)).to.equal(true);
    await blocks.close();
    expect([blocks.has("a", 0), await blocks.get("a", 0, 1000)]).to.deep.equal([false, undefined]);
  });

  it("keeps its bound, dropping what was not used longest", async () => {
    const blocks = await openDiskBlocks(dir, 3000, log);
    for (const n of [0, 1, 2]) {
      await blocks.put("a", n, block(n));
      await blocks.close();
    }
    await blocks.get("a", 0, 1000);
    await blocks.put("a", 3, block(3));
    await blocks.close();
    expect([0, 1, 2, 3].map((n) => blocks.has("a", n))).to.deep.equal([true, false, true, true]);
    expect(blocks.size()).to.equal(3000);
  });

  it("gives way when the disk gets full, whoever fills it", async () => {
    let free = 200 * MiB;
    const blocks = await openDiskBlocks(dir, 10_000, log, async () => free);
    for (const n of [0, 1, 2]) {
      await blocks.put("a", n, block(n));
      await eventually(() => blocks.size() === (n + 1) * 1000);
    }
    free = 96 * MiB - 1_500; // two blocks are lacking
    await eventually(() => blocks.size() < 3000);
    expect([0, 1, 2].map((n) => blocks.has("a", n))).to.deep.equal([false, false, true]);
    await eventually(async () => (await readdir(join(dir, "a"))).length === 1);
    await blocks.close();
  }).timeout(10_000);

  it("keeps its bound over restarts, even a smaller one, and clears away what nobody owns", async () => {
    await mkdir(join(dir, "a"));
    await mkdir(join(dir, "empty"));
    for (const n of [0, 1, 2, 3]) {
      await writeFile(join(dir, "a", String(n)), block(n));
      await utimes(join(dir, "a", String(n)), Date.now() / 1000 - 100 + n, Date.now() / 1000 - 100 + n);
    }
    await writeFile(join(dir, "a", "9.77.0.tmp"), "half");
    await utimes(join(dir, "a", "9.77.0.tmp"), 1000, 1000);
    await writeFile(join(dir, "a", "8.78.0.tmp"), "being written by a neighbour");
    const blocks = await openDiskBlocks(dir, 2000, log);
    expect([0, 1, 2, 3].map((n) => blocks.has("a", n))).to.deep.equal([false, false, true, true]);
    await blocks.close();
    expect((await readdir(dir)).sort()).to.deep.equal(["a"]);
    expect(await readdir(join(dir, "a"))).to.include.members(["2", "3", "8.78.0.tmp"]).and.not.include("9.77.0.tmp");
  });

  it("keeps nothing for longer than a week, as that of a source whose deletion it missed", async () => {
    const first = await openDiskBlocks(dir, 10_000, log);
    for (const n of [0, 1]) await first.put("a.1", n, block(n));
    await first.close();
    const [week, day] = [7 * 86_400, 86_400].map((seconds) => Date.now() / 1000 - seconds);
    await utimes(join(dir, "a.1", "0"), week ?? 0, week ?? 0);
    await utimes(join(dir, "a.1", "1"), day ?? 0, day ?? 0);
    const second = await openDiskBlocks(dir, 10_000, log);
    expect([0, 1].map((n) => second.has("a.1", n))).to.deep.equal([false, true]);
    await eventually(async () => (await readdir(join(dir, "a.1"))).join() === "1");
    await second.close();
  });

  it("does not give out a block of the wrong length or one that has gone", async () => {
    const blocks = await openDiskBlocks(dir, 10_000, log);
    await blocks.put("a", 0, block(0));
    await blocks.put("a", 1, block(1));
    await blocks.close();
    await truncate(join(dir, "a", "0"), 10);
    await rm(join(dir, "a", "1"));
    expect(await blocks.get("a", 0, 1000)).to.equal(undefined);
    expect(await blocks.get("a", 1, 1000)).to.equal(undefined);
    expect(blocks.has("a", 0)).to.equal(false);
  });

  it("forgets a source in all its versions", async () => {
    const blocks = await openDiskBlocks(dir, 10_000, log);
    for (const key of ["a.1", "a.2", "b.1"]) await blocks.put(key, 0, block(0));
    await blocks.forget("a.");
    expect(await readdir(dir)).to.deep.equal(["b.1"]);
    expect(blocks.size()).to.equal(1000);
  });

  it("warns once and goes on without a disk that fails", async () => {
    const file = join(dir, "not-a-directory");
    await writeFile(file, "");
    const blocks = await openDiskBlocks(join(file, "cache"), 10_000, log);
    for (const n of [0, 1, 2]) await blocks.put("a", n, block(n));
    await blocks.close();
    expect(warnings).to.have.length(1);
    expect(blocks.has("a", 0)).to.equal(false);
    expect((await stat(file)).size).to.equal(0);
  });
});
