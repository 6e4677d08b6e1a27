/** What every key that wraps must do, wherever it is kept; and where keys come from. */
import { randomBytes } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { KeyRing } from "../../services/storage/encryption/key-ring.ts";
import { openKeyRing } from "../../services/storage/encryption/open-key-ring.ts";
import { parseStoreKeys } from "../../config/store-keys.ts";
import { startKms, type TestKms } from "../support/kms-server.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { rejection } from "../support/rejection.ts";

const CONTEXT = { unit: "videos/v/", keyId: "00112233aabbccdd" };
const newLine = (): string => randomBytes(32).toString("base64");

describe("wrapping keys", function () {
  this.timeout(20_000);
  let dir: string;
  let kms: TestKms;
  const environment = new Map<string, string | undefined>();
  before(async () => {
    dir = await makeTempDir("keys");
    kms = await startKms();
    for (const [name, value] of Object.entries(kms.env)) { // the SDK reads its own environment
      environment.set(name, process.env[name]);
      process.env[name] = value;
    }
  });
  after(async () => {
    for (const [name, value] of environment) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await kms?.stop();
    await removeDir(dir);
  });

  const open = async (setting: string, env: Record<string, string> = {}): Promise<KeyRing> => {
    const ring = await openKeyRing(parseStoreKeys(setting), { ...process.env, ...env });
    if (ring === undefined) throw new Error("no ring");
    return ring;
  };
  let files = 0;
  const file = async (...lines: string[]): Promise<string> => {
    const path = join(dir, String(files++));
    await writeFile(path, `${lines.join("\n")}\n`, { mode: 0o600 });
    return `file:${path}`;
  };

  /** Two settings of keys that differ. */
  const rings: Record<string, () => Promise<[string, string]>> = {
    "in a file": async () => [await file(newLine()), await file(newLine())],
    "in AWS KMS": async () => ["kms:alias/one", "kms:alias/two"],
  };
  for (const [where, settings] of Object.entries(rings)) {
    describe(where, () => {
      it("give back what they wrapped, which shows nothing of it", async () => {
        const ring = await open((await settings())[0]);
        const key = randomBytes(32);
        const { by, wrapped } = await ring.wrap(key, CONTEXT);
        expect([by, ring.knows(by), wrapped.includes(key)]).to.deep.equal([ring.firstId, true, false]);
        expect((await ring.unwrap(wrapped, by, CONTEXT)).equals(key)).to.equal(true);
      });

      it("open it for its own unit and key only, and nothing that was changed", async () => {
        const ring = await open((await settings())[0]);
        const { by, wrapped } = await ring.wrap(randomBytes(32), CONTEXT);
        const flipped = Buffer.from(wrapped);
        flipped.writeUInt8((flipped.at(-1) ?? 0) ^ 1, flipped.length - 1);
        const tries = [ring.unwrap(wrapped, by, { ...CONTEXT, unit: "videos/w/" }), ring.unwrap(wrapped, by, { ...CONTEXT, keyId: "0011223300000000" }), ring.unwrap(flipped, by, CONTEXT), ring.unwrap(Buffer.alloc(3), by, CONTEXT)];
        for (const attempt of tries) expect(await rejection(attempt, "not ours")).to.include({ type: "storage_key_unavailable", code: 503 });
      });

      it("wrap by the first of several, and open what any of them wrapped", async () => {
        const [one, two] = await settings();
        const { by, wrapped } = await (await open(one)).wrap(Buffer.alloc(32, 7), CONTEXT);
        const both = await open(`${two},${one}`);
        expect([both.firstId === by, both.knows(by)]).to.deep.equal([false, true]);
        expect((await both.unwrap(wrapped, by, CONTEXT)).equals(Buffer.alloc(32, 7))).to.equal(true);
        expect(String(await rejection((await open(two)).unwrap(wrapped, by, CONTEXT), "another's"))).to.include(by);
      });
    });
  }

  it("may be lines of one file, or of a variable, with words between", async () => {
    const [one, two] = [newLine(), newLine()];
    const ids = await Promise.all([await file("# since May", two, "", one), "env:RING"].map(async (setting) => (await open(setting, { RING: `${two}\n${one}` })).firstId));
    expect(ids[0]).to.equal(ids[1]);
    expect((await open(await file(two, one))).knows((await open(await file(one))).firstId)).to.equal(true);
  });

  it("are not read where others may read them, where there are none, or where one is none, and nothing of them is said", async () => {
    const [shared, secret] = [await file(newLine()), newLine()];
    await chmod(shared.slice("file:".length), 0o640);
    for (const setting of [shared, "file:/nowhere/at/all", await file(""), await file(secret, "short"), "env:NO_SUCH_VARIABLE"]) {
      const error = await rejection(open(setting), setting);
      expect(error).to.have.property("type", "storage_key_unavailable");
      expect(String(error)).to.match(/LECTERN_STORE_KEYS: (\/|the variable NO_SUCH)/).and.not.include(secret);
    }
  });

  it("say that KMS is away, in bounded time, and work when it is back", async () => {
    const ring = await open("kms:alias/one");
    kms.away = true;
    expect(await rejection(ring.wrap(Buffer.alloc(32), CONTEXT), "away")).to.include({ type: "storage_key_unavailable", retryable: true });
    kms.away = false;
    expect((await ring.wrap(Buffer.alloc(32), CONTEXT)).by).to.equal("kms:alias/one");
  });
});
