/** What the store keeps, though it was to be erased, keeps nothing else from going on. */
import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import { objectKeys } from "../../../../config/object-keys.ts";
import type { StorageCalls } from "../../../../mixins/storage-calls.ts";
import { openVideoLife } from "../../../../services/videos/video-life.ts";
import { uploadClaims } from "../../../../services/videos/upload-claims.ts";
import { videoStore } from "../../../../services/videos/video-store.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";
import { rejection } from "../../../support/rejection.ts";
import { makeRecord } from "../../../support/sample-record.ts";
import { silent } from "../../../support/staged-regions.ts";

const [ID, UPLOAD] = ["01h0000000000000000000000a", "01h0000000000000000000000c"];
const say = (): void => undefined;

describe("an upload that the store does not let be erased", () => {
  let storage: ReturnType<typeof memoryStorageCalls>;
  let told: string[];
  beforeEach(() => { [storage, told] = [memoryStorageCalls(), []]; });
  const open = (calls: StorageCalls) => {
    const store = videoStore(calls);
    return openVideoLife({
      store, claims: uploadClaims(store), catalog: { add: async () => undefined, remove: async () => undefined }, askForLook: say, logger: { ...silent, warn: (message: string) => void told.push(message) },
      announce: (_id, type) => void told.push(type), eraseTraces: async () => void told.push("traces"), noteErasure: async () => void told.push("receipt"),
    });
  };
  const refusing = (code: "erasure_incomplete" | "storage_unavailable"): StorageCalls => ({
    ...storage,
    erase: async (what) => {
      if (what.startsWith("uploads/")) throw fail(code, "staged");
      return await storage.erase(what);
    },
  });
  const life = async (calls: StorageCalls) => {
    const opened = open(calls);
    await opened.claim(makeRecord({ id: ID, source: { kind: "upload", uploadId: UPLOAD } }), true);
    await storage.put(objectKeys.uploadBytes(UPLOAD), Buffer.from("bytes"), false);
    return opened;
  };
  const verdict = { accepted: false, at: "2026-11-26T00:00:00.000Z", reasons: [{ class: "empty", message: "staged" }] } as const;

  it("does not keep its video's rejection from being told, and leaves the mark by which it is tried again", async () => {
    await (await life(refusing("erasure_incomplete"))).settle({ id: ID, verdict: { ...verdict, reasons: [...verdict.reasons] } });
    expect(told.at(-1)).to.equal("rejected");
    expect(told[0]).to.include("is not erased yet");
    expect(storage.objects.has(objectKeys.open(ID))).to.equal(true);
    await open(storage).tidy(ID);
    expect([storage.objects.has(objectKeys.open(ID)), storage.objects.has(objectKeys.uploadBytes(UPLOAD))]).to.deep.equal([false, false]);
  });

  it("does not keep the rest of a deleted video, but there is no receipt", async () => {
    const kept = await life(refusing("erasure_incomplete"));
    expect(await rejection(kept.remove(ID), "kept")).to.have.property("type", "erasure_incomplete");
    expect(told).to.deep.equal(["traces", "deleted"]);
    expect([...storage.objects.keys()].filter((key) => key.startsWith("videos/"))).to.deep.equal([]);
    await open(storage).bury(ID);
    expect(told).to.deep.equal(["traces", "deleted", "traces", "receipt"]);
    expect([...storage.objects.keys()].filter((key) => key.startsWith("uploads/"))).to.deep.equal([]);
  });

  it("is something else when the store is away: then nothing goes on before it is back", async () => {
    const away = await life(refusing("storage_unavailable"));
    expect(await rejection(away.remove(ID), "away")).to.have.property("type", "storage_unavailable");
    expect(told).to.deep.equal([]);
  });
});
