import { expect } from "chai";
import * as fc from "fast-check";
import { claimDigest, recordSubmission, type Submission } from "../../../../services/videos/submission.ts";
import type { Protection, SubmitParams, VideoRecord } from "../../../../services/videos/videos.contract.ts";
import { VIDEO_ID } from "../../../support/sample-record.ts";

const URL = "https://example.org/lecture.mp4";
const submit = (params: Partial<SubmitParams> = {}, rest: Partial<Submission> = {}): VideoRecord =>
  recordSubmission({ params: { source: { kind: "url", url: URL }, ...params }, identity: URL, newId: VIDEO_ID, now: new Date("2026-01-01T00:00:00Z"), ...rest });

describe("record of a submission", () => {
  it("says what was asked for, with the defaults", () => {
    expect(submit()).to.deep.equal({
      id: VIDEO_ID, createdAt: "2026-01-01T00:00:00.000Z", source: { kind: "url", url: URL }, policy: "hybrid", priority: "normal", labels: {}, identity: URL,
      claim: claimDigest(URL, {}), request: submit().request,
    });
    expect(submit({ title: "Graphs", policy: "lazy", priority: "high", labels: { course: "cs101" } })).to.include({ title: "Graphs", policy: "lazy", priority: "high" });
    expect(submit()).to.not.have.property("title");
  });

  it("claims the source under its policy: who asks for the same gets the same video", () => {
    expect(submit({ title: "other", priority: "low", labels: { a: "b" } }, { newId: VIDEO_ID.replace("a", "b") }).claim).to.equal(submit().claim);
    expect(submit({ policy: "eager" }).claim).to.not.equal(submit().claim);
    expect(submit({}, { identity: `${URL}?v=2` }).claim).to.not.equal(submit().claim);
    expect(claimDigest(URL, { policy: "lazy" })).to.match(/^[0-9a-f]{64}$/);
  });

  it("is another video under another protection, which it names only when there is one", () => {
    const [none, plain, whole, samples] = [undefined, "none", "aes-128", "cbcs"].map((protection) => submit(protection === undefined ? {} : { protection: protection as Protection }));
    expect(plain).to.deep.equal(none).and.not.have.property("protection");
    expect([whole?.protection, samples?.protection]).to.deep.equal(["aes-128", "cbcs"]);
    expect(new Set([none, whole, samples].map((record) => record?.claim)).size).to.equal(3);
    expect(new Set([none, whole, samples].map((record) => record?.request)).size).to.equal(3);
    expect(submit({ protection: "cbcs", tenant: "a" }).claim).to.not.equal(samples?.claim);
  });

  it("has an id from its Idempotency-Key, the same each time", () => {
    const [first, second, other] = ["key", "key", "key2"].map((idempotencyKey) => submit({ idempotencyKey }).id);
    expect(first).to.equal(second).and.not.equal(other);
    fc.assert(fc.property(fc.string(), (idempotencyKey) => { expect(submit({ idempotencyKey }).id).to.match(/^[0-9a-z]{26}$/); }));
  });

  it("is a tenant's own, and so is its Idempotency-Key; the default tenant need not be named", () => {
    const [none, byName, a, b] = [undefined, "default", "a", "b"].map((tenant) => submit({ idempotencyKey: "key", ...(tenant === undefined ? {} : { tenant }) }));
    expect(byName).to.deep.equal(none).and.not.have.property("tenant");
    expect(a).to.deep.include({ tenant: "a", source: { kind: "url", url: URL, tenant: "a" } });
    expect(new Set([none, a, b].map((record) => record?.claim)).size).to.equal(3);
    expect(new Set([none, a, b].map((record) => record?.id)).size).to.equal(3);
    expect(claimDigest(URL, { tenant: "default" })).to.equal(claimDigest(URL, {}));
  });

  it("is another when it is private: in its claim, its request and its record, and public ones are as they were before", () => {
    const [open, hidden, ofTenant] = [submit(), submit({ visibility: "private" }), submit({ visibility: "private", tenant: "a" })];
    expect(hidden).to.include({ visibility: "private" });
    expect(submit({ visibility: "public" })).to.deep.equal(open).and.not.have.property("visibility");
    expect(new Set([open, hidden, ofTenant, submit({ tenant: "a" }), submit({ tenant: "private" })].map(({ claim }) => claim)).size).to.equal(5);
    expect(hidden.request).to.not.equal(open.request);
  });

  it("has a digest of the whole request, that tells a repeated one from another", () => {
    const same = submit({ idempotencyKey: "key", labels: { a: "1", b: "2" } }).request;
    expect(submit({ idempotencyKey: "key", labels: { b: "2", a: "1" } }, { now: new Date(), newId: "x" }).request).to.equal(same);
    const others: Partial<SubmitParams>[] = [{}, { title: "t", labels: { a: "1", b: "2" } }, { labels: { a: "1", b: "3" } }, { labels: { a: "1", b: "2" }, policy: "lazy" }, { labels: { a: "1", b: "2" }, priority: "low" }];
    for (const params of others) expect(submit(params).request, JSON.stringify(params)).to.not.equal(same);
    expect(submit({ labels: { a: "1", b: "2" } }, { identity: "other" }).request).to.not.equal(same);
  });

  it("does not depend on the order of labels, whatever they are called", () => {
    fc.assert(fc.property(fc.dictionary(fc.string({ unit: fc.constantFrom("a", ",", '"') }), fc.string({ unit: fc.constantFrom("a", ",", '"') })), (labels) => {
      const reversed = Object.fromEntries(Object.entries(labels).toReversed());
      expect(submit({ labels: reversed }).request).to.equal(submit({ labels }).request);
    }));
    expect(submit({ labels: { "a": "b,c", "a,b": "c" } }).request).to.equal(submit({ labels: { "a,b": "c", "a": "b,c" } }).request);
  });
});
