import { expect } from "chai";
import { objectKeys } from "../../../config/object-keys.ts";
import { copyPart, putPart } from "../../../mixins/storage-calls.ts";
import { memoryStorageCalls } from "../../support/memory-storage-calls.ts";
import { VIDEO_ID as ID } from "../../support/sample-record.ts";

const OTHER = ID.replace("a", "b");
const KEY = objectKeys.profile(ID);
const BYTES = Buffer.from("{}");

describe("a part of a video", () => {
  it("is written once, and who comes second is told", async () => {
    const storage = memoryStorageCalls();
    expect(await putPart(storage, ID, KEY, BYTES)).to.equal("made");
    expect(await putPart(storage, ID, KEY, Buffer.from("other"))).to.equal("there");
    expect(storage.objects.get(KEY)?.toString()).to.equal("{}");
  });

  it("is taken back when the video was deleted meanwhile", async () => {
    const storage = memoryStorageCalls();
    storage.objects.set(objectKeys.tombstone(ID), Buffer.from("{}"));
    expect(await putPart(storage, ID, KEY, BYTES)).to.equal("gone");
    expect([...storage.objects.keys()]).to.deep.equal([objectKeys.tombstone(ID)]);
  });

  it("is copied from another video's, unless it is there", async () => {
    const storage = memoryStorageCalls();
    const from = objectKeys.profile(OTHER);
    expect(await copyPart(storage, ID, from, KEY)).to.equal(undefined);
    storage.objects.set(from, BYTES);
    expect(await copyPart(storage, ID, from, KEY)).to.deep.equal({ copied: true, size: 2 });
    storage.objects.set(from, Buffer.from("newer"));
    expect(await copyPart(storage, ID, from, KEY)).to.deep.equal({ copied: false, size: 2 });
    expect(storage.objects.get(KEY)?.toString()).to.equal("{}");
  });

  it("that was copied is taken back like any other", async () => {
    const storage = memoryStorageCalls();
    storage.objects.set(objectKeys.profile(OTHER), BYTES).set(objectKeys.tombstone(ID), Buffer.from("{}"));
    expect(await copyPart(storage, ID, objectKeys.profile(OTHER), KEY)).to.equal(undefined);
    expect(storage.objects.has(KEY)).to.equal(false);
  });
});
