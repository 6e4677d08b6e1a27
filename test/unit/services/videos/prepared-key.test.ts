/** The key of a new video is made beside the claim of its source, so that its record waits for nothing new. */
import { expect } from "chai";
import type { StorageCalls } from "../../../../mixins/storage-calls.ts";
import { openVideoLife } from "../../../../services/videos/video-life.ts";
import { uploadClaims } from "../../../../services/videos/upload-claims.ts";
import { videoStore } from "../../../../services/videos/video-store.ts";
import { eventually } from "../../../support/eventually.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";
import { silent } from "../../../support/staged-regions.ts";
import { makeRecord } from "../../../support/sample-record.ts";

const [A, B] = ["01h0000000000000000000000a", "01h0000000000000000000000b"];
const say = (): void => undefined;

describe("the key of a video that is posted", () => {
  let storage: ReturnType<typeof memoryStorageCalls> & StorageCalls;
  let asked: string[];
  const life = (calls: StorageCalls) => {
    const store = videoStore(calls);
    return openVideoLife({ store, claims: uploadClaims(store), catalog: { add: async () => undefined, remove: async () => undefined }, announce: say, eraseTraces: async () => undefined, noteErasure: async () => undefined, askForLook: say, logger: silent });
  };
  beforeEach(() => {
    asked = [];
    storage = {
      ...memoryStorageCalls(),
      prepare: async (id) => void asked.push(`prepare ${id}`),
      discard: async (id) => void asked.push(`discard ${id}`),
    };
  });

  it("is made while its claim is written, not after", async () => {
    const claimed = Promise.withResolvers<void>();
    const put = storage.put.bind(storage);
    const posting = life({ ...storage, put: async (key, ...rest) => (key.startsWith("claims/") ? (await claimed.promise, await put(key, ...rest)) : await put(key, ...rest)) }).claim(makeRecord({ id: A }), true);
    await eventually(() => asked.length > 0);
    expect([asked, storage.objects.size]).to.deep.equal([[`prepare ${A}`], 0]);
    claimed.resolve();
    expect(await posting).to.include({ created: true });
    expect(asked).to.deep.equal([`prepare ${A}`]);
  });

  it("is taken away again when the source is a video already", async () => {
    await life(storage).claim(makeRecord({ id: A }), true);
    expect((await life(storage).claim(makeRecord({ id: B }), true)).state.record.id).to.equal(A);
    await eventually(() => asked.includes(`discard ${B}`));
    expect(asked).to.not.include(`discard ${A}`);
  });

  it("stays where others may be using the same id, and is not made for what is there", async () => {
    await life(storage).claim(makeRecord({ id: A }), true);
    asked = [];
    expect(await life(storage).claim(makeRecord({ id: A }), false)).to.include({ created: false });
    expect(asked).to.deep.equal([]);
    await life(storage).claim(makeRecord({ id: B }), false);
    expect(asked).to.deep.equal([`prepare ${B}`]);
  });

  it("does not fail a post when it could not be made yet: the record says whether it can be", async () => {
    const post = life({ ...storage, prepare: async () => { throw new Error("staged"); } }).claim(makeRecord({ id: A }), true);
    expect(await post).to.include({ created: true });
  });
});
