import { expect } from "chai";
import { objectKeys } from "../../../config/object-keys.ts";
import { putPart } from "../../../mixins/storage-calls.ts";
import { memoryStorageCalls } from "../../support/memory-storage-calls.ts";
import { VIDEO_ID as ID } from "../../support/sample-record.ts";

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
});
