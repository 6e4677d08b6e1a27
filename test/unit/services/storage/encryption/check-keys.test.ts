/** Whether a node may work on a store with the keys that it has. */
import { expect } from "chai";
import { ServiceBroker } from "moleculer";
import { fail } from "../../../../../config/errors.ts";
import { checkKeys, openKeyGate } from "../../../../../services/storage/encryption/check-keys.ts";
import { encryptStore } from "../../../../../services/storage/encryption/encrypted-store.ts";
import { gateStore, withoutKeys } from "../../../../../services/storage/encryption/gated-store.ts";
import { storageService } from "../../../../../services/storage/storage.service.ts";
import { freshRing } from "../../../../support/encrypted-unit.ts";
import { eventually } from "../../../../support/eventually.ts";
import { memoryStore } from "../../../../support/memory-store.ts";
import { rejection } from "../../../../support/rejection.ts";

const RECORD = "videos/v/record.json";
const say = (): void => undefined;
const silent = { error: say, debug: say };

describe("a node and the keys of its store", () => {
  let below: ReturnType<typeof memoryStore>;
  let ring: ReturnType<typeof freshRing>;
  beforeEach(async () => {
    [below, ring] = [memoryStore(), freshRing()];
    await encryptStore(below, ring).put(RECORD, Buffer.from("{}"), { ifAbsent: true });
  });

  it("go together when it has the key of one that was looked at, whatever is wrong with others", async () => {
    below.objects.set("keys/videos/a/key.json", Buffer.from("?"));
    await checkKeys(below, ring);
    await checkKeys(memoryStore(), undefined);
    await checkKeys(memoryStore(), ring);
  });

  it("do not without keys, or with others", async () => {
    expect(String(await rejection(checkKeys(below, undefined), "none"))).to.include("LECTERN_STORE_KEYS must say");
    expect(String(await rejection(checkKeys(below, freshRing()), "others"))).to.include("none of the keys");
  });

  it("keep it from starting, with the reason", async () => {
    const broker = new ServiceBroker({ nodeID: "alone", logger: false });
    let closed = false;
    broker.createService(storageService({ store: { kind: "file", dir: "/nowhere" }, storeKeys: [] }, async () => ({ ...below, close: async () => { closed = true; } })));
    expect(await rejection(broker.start(), "start")).to.have.property("type", "storage_key_unavailable");
    await broker.stop();
    expect(closed).to.equal(true);
  });

  it("are looked at as soon as a store that was away answers, and then nothing of a video is read or written", async () => {
    let away = true;
    const look = async (): Promise<void> => {
      if (away) throw fail("storage_unavailable", "staged");
      await checkKeys(below, undefined);
    };
    const gate = await openKeyGate(look, silent);
    const store = gateStore(withoutKeys(below), gate);
    gate.pass();
    expect(await rejection(store.get(RECORD), "not given out")).to.have.property("type", "storage_damaged");
    away = false;
    await eventually(() => {
      try {
        gate.pass();
        return false;
      } catch {
        return true;
      }
    });
    for (const call of [store.get(RECORD), store.put("videos/w/record.json", Buffer.from("{}")), store.head(RECORD)]) expect(await rejection(call, "closed")).to.have.property("type", "storage_key_unavailable");
    await store.put("claims/c.json", Buffer.from("{}"));
    await store.close();
  }).timeout(20_000);
});
