/** When `npm start` makes a key for its store, and when it must not. */
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { findStoreKeys, openStoreKeys } from "../../../bin/start/store-key.ts";
import { formatRewrap } from "../../../bin/store/format-rewrap.ts";
import { parseStoreArguments } from "../../../bin/store/store-arguments.ts";
import { loadConfig } from "../../../config/config.ts";
import { makeTempDir, removeDir } from "../../support/processes.ts";

describe("the key of a store that npm start makes", () => {
  let dir: string;
  beforeEach(async () => { dir = await makeTempDir("store-key"); });
  afterEach(async () => { await removeDir(dir); });
  const config = (more: Record<string, string> = {}) => loadConfig({ LECTERN_DATA: dir, ...more });
  const put = async (key: string): Promise<void> => {
    await mkdir(join(dir, "store", key), { recursive: true });
  };

  it("is made once, for a new store, for this user's eyes only", async () => {
    expect(findStoreKeys(config())).to.equal(undefined);
    const made = openStoreKeys(config());
    expect(made).to.equal(`file:${dir}/store.key`);
    const text = await readFile(join(dir, "store.key"), "utf8");
    expect((await stat(join(dir, "store.key"))).mode & 0o777).to.equal(0o600);
    await put("videos/v");
    await put("keys/videos/v");
    expect([openStoreKeys(config()), findStoreKeys(config())]).to.deep.equal([made, made]);
    expect(await readFile(join(dir, "store.key"), "utf8")).to.equal(text);
  });

  it("is not made for a store that has something already, a bucket, or several regions", async () => {
    for (const folder of ["videos/v", "uploads/u", "access/webhooks/wh_1"]) {
      await put(folder);
      expect(openStoreKeys(config()), folder).to.equal(undefined);
      await rm(join(dir, "store"), { recursive: true });
    }
    expect(openStoreKeys(config({ LECTERN_STORE: "s3://lectures" }))).to.equal(undefined);
    expect(findStoreKeys(config())).to.equal(undefined);
  });

  it("is asked for when it is gone and the store is encrypted, and not made anew", async () => {
    await put("keys/videos/v");
    await put("videos/v");
    expect(() => openStoreKeys(config())).to.throw("is missing");
    expect(findStoreKeys(config())).to.equal(undefined);
  });

  it("is not taken from a file that holds something else", async () => {
    await writeFile(join(dir, "store.key"), "secret\n", { mode: 0o600 });
    expect(() => openStoreKeys(config())).to.throw("does not hold what it should");
  });
});

describe("npm run store", () => {
  it("says of whose keys which are wrapped how, and what is left to do", () => {
    const units = { wrappedBy: { new: 3, old: 1 }, rewrapped: 0, orphans: 2, failed: ["videos/1/ (why)"], older: 4, locked: 1 };
    expect(formatRewrap(units, { wrappedBy: { new: 5 }, rewrapped: 0, plain: 6, failed: [], older: 7, locked: 0 }, { firstId: "new", check: true })).to.deep.equal([
      "  3 keys of videos and uploads wrapped by new", "  1 keys of videos and uploads wrapped by old still", "  4 older versions of videos' and uploads' keys are there, as they were then.",
      "  1 older versions of videos' and uploads' keys are kept by a lock of the store.", "Not to be had: 1", "  videos/1/ (why)",
      "  5 keys of webhooks wrapped by new", "  7 older versions of webhooks' parts are there, as they were then.", "  0 were rewrapped; 2 of nothing are there.", "  6 parts of webhooks are plain.",
    ]);
    expect(formatRewrap({ wrappedBy: {}, rewrapped: 4, orphans: 0, failed: [], older: 0, locked: 0 }, { wrappedBy: { new: 5 }, rewrapped: 2, plain: 1, failed: [], older: 7, locked: 0 }, { firstId: "new", check: false })).to.deep.equal([
      "  5 keys of webhooks wrapped by new", "  7 older versions of webhooks' parts were removed.", "  6 were rewrapped; 0 of nothing were taken away.", "  1 parts of webhooks were plain, and are encrypted now.",
    ]);
  });


  it("is told what to do in words, and refuses others", () => {
    expect(parseStoreArguments(["rewrap", "--check"])).to.deep.equal({ kind: "rewrap", check: true });
    expect(parseStoreArguments(["--help"])).to.deep.equal({ kind: "help" });
    for (const args of [[], ["wrap"], ["rewrap", "now"], ["rewrap", "--chek"]]) expect(parseStoreArguments(args).kind).to.equal("fault");
  });
});
