import { expect } from "chai";
import { objectKeys } from "../../../../config/object-keys.ts";
import { claimDigest, idOfKey, uploadIdentity } from "../../../../services/videos/submission.ts";
import { uploadClaims, type UploadClaims } from "../../../../services/videos/upload-claims.ts";
import { videoStore } from "../../../../services/videos/video-store.ts";
import type { Policy, SubmitParams } from "../../../../services/videos/videos.contract.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";
import { makeRecord } from "../../../support/sample-record.ts";

const UPLOAD = "u1";
const SHA = "5e2f";

describe("claims of uploads", () => {
  let storage: ReturnType<typeof memoryStorageCalls>;
  let store: ReturnType<typeof videoStore>;
  let claims: UploadClaims;

  beforeEach(() => {
    storage = memoryStorageCalls();
    store = videoStore(storage);
    claims = uploadClaims(store);
  });

  const params = (changes: Partial<SubmitParams> = {}): SubmitParams => ({ source: { kind: "upload", uploadId: UPLOAD }, ...changes });
  const finish = (): Promise<unknown> => storage.put(objectKeys.upload(UPLOAD), Buffer.from(JSON.stringify({ sha256: SHA })), false);
  /** A video of the upload, posted under this identity. */
  async function post(id: string, identity: string, policy: Policy = "hybrid"): Promise<ReturnType<typeof makeRecord>> {
    const record = makeRecord({ id, identity, policy, source: { kind: "upload", uploadId: UPLOAD }, claim: claimDigest(identity, { policy }) });
    await store.claim(record.claim, id);
    await store.createRecord(record);
    return record;
  }

  it("know a finished upload by its bytes, and one that still arrives by itself", async () => {
    expect(await claims.identify({ uploadId: UPLOAD, sha256: SHA }, params())).to.equal(SHA);
    expect(await claims.identify({ uploadId: UPLOAD }, params())).to.equal(uploadIdentity(UPLOAD));
  });

  it("know one that was posted while it arrived by itself for ever, under that policy", async () => {
    await post("a", uploadIdentity(UPLOAD));
    expect(await claims.identify({ uploadId: UPLOAD, sha256: SHA }, params())).to.equal(uploadIdentity(UPLOAD));
    expect(await claims.identify({ uploadId: UPLOAD, sha256: SHA }, params({ policy: "lazy" }))).to.equal(SHA);
  });

  it("tell videos of one upload under different protections apart", async () => {
    const record = makeRecord({ id: "p", identity: uploadIdentity(UPLOAD), protection: "cbcs", source: { kind: "upload", uploadId: UPLOAD }, claim: claimDigest(uploadIdentity(UPLOAD), { protection: "cbcs" }) });
    await store.claim(record.claim, "p");
    await store.createRecord(record);
    expect(await claims.identify({ uploadId: UPLOAD, sha256: SHA }, params({ protection: "cbcs" }))).to.equal(uploadIdentity(UPLOAD));
    expect(await claims.identify({ uploadId: UPLOAD, sha256: SHA }, params())).to.equal(SHA);
    expect(await claims.claimContent(UPLOAD, SHA)).to.deep.equal(["p"]);
    expect([await store.findClaim(claimDigest(SHA, { protection: "cbcs" })), await store.findClaim(claimDigest(SHA, {}))]).to.deep.equal(["p", undefined]);
    expect(await claims.sharesUpload(makeRecord({ id: "q", identity: SHA }), UPLOAD)).to.equal(true);
  });

  it("take a repeated Idempotency-Key for the same request, though the upload was finished in between and its video has failed", async () => {
    await store.createRecord(makeRecord({ id: idOfKey("key"), identity: uploadIdentity(UPLOAD) }));
    expect(await claims.identify({ uploadId: UPLOAD, sha256: SHA }, params({ idempotencyKey: "key" }))).to.equal(uploadIdentity(UPLOAD));
  });

  it("let a video of an upload stand for its bytes once that is finished, unless there is one", async () => {
    await post("a", uploadIdentity(UPLOAD));
    await post("b", uploadIdentity(UPLOAD), "eager");
    await store.claim(claimDigest(SHA, { policy: "eager" }), "older");
    expect(await claims.claimContent(UPLOAD, SHA)).to.have.members(["a", "b"]);
    expect(await claims.claimContent(UPLOAD, SHA)).to.have.members(["a", "b"]);
    expect(await Promise.all((["hybrid", "eager", "lazy"] as const).map((policy) => store.findClaim(claimDigest(SHA, { policy }))))).to.deep.equal(["a", "older", undefined]);
  });

  it("keep private videos of an upload apart from public ones, and see them", async () => {
    const open = await post("a", uploadIdentity(UPLOAD));
    const claim = claimDigest(uploadIdentity(UPLOAD), { visibility: "private" });
    await store.claim(claim, "b");
    await store.createRecord(makeRecord({ id: "b", identity: uploadIdentity(UPLOAD), visibility: "private", source: { kind: "upload", uploadId: UPLOAD }, claim }));
    expect(await claims.claimContent(UPLOAD, SHA)).to.have.members(["a", "b"]);
    expect(await Promise.all((["public", "private"] as const).map((visibility) => store.findClaim(claimDigest(SHA, { visibility }))))).to.deep.equal(["a", "b"]);
    expect(await claims.sharesUpload(open, UPLOAD)).to.equal(true);
    await store.releaseClaim(claim, "b");
    await store.releaseClaim(claimDigest(SHA, { visibility: "private" }), "b");
    expect(await claims.sharesUpload(open, UPLOAD)).to.equal(false);
  });

  it("see every other video of an upload, whether it was posted before it was finished or after", async () => {
    const early = await post("a", uploadIdentity(UPLOAD));
    expect(await claims.sharesUpload(early, UPLOAD)).to.equal(false);
    await finish();
    const late = await post("b", SHA, "lazy");
    expect(await claims.sharesUpload(early, UPLOAD)).to.equal(true);
    expect(await claims.sharesUpload(late, UPLOAD)).to.equal(true);
    await store.releaseClaim(early.claim, early.id);
    expect(await claims.sharesUpload(late, UPLOAD)).to.equal(false);
  });
});
