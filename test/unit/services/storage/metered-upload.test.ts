import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import { meterUpload, type MeteredUpload } from "../../../../services/storage/metered-upload.ts";
import { rejection } from "../../../support/rejection.ts";

async function drain({ chunks }: MeteredUpload): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe("metered upload", () => {
  it("passes bytes on, counts and hashes them", async () => {
    const metered = meterUpload(Readable.from([Buffer.from("ab"), new Uint8Array([99])]), 3);
    expect((await drain(metered)).toString()).to.equal("abc");
    expect(metered.result()).to.deep.equal({ size: 3, sha256: createHash("sha256").update("abc").digest("hex") });
  });

  it("stops at the first byte over the limit", async () => {
    const source = Readable.from([Buffer.from("ab"), Buffer.from("cd"), Buffer.from("ef")]);
    expect(await rejection(drain(meterUpload(source, 3)), "over")).to.deep.include({ type: "source_too_large", data: { limit: 3 } });
    expect(source.destroyed).to.equal(true);
  });

  it("lets go of its source when the store gives up", async () => {
    const source = Readable.from([Buffer.from("ab"), Buffer.from("cd")]);
    const metered = meterUpload(source, 100);
    for await (const chunk of metered.chunks) {
      expect(chunk.length).to.equal(2);
      break;
    }
    expect(source.destroyed).to.equal(true);
  });

  it("tells a source that broke from a fault of ours, and from one that is no bytes at all", async () => {
    const broken = (error: Error): Readable => new Readable({ read() { this.destroy(error); } });
    expect(await rejection(drain(meterUpload(broken(new Error("ECONNRESET")), 9)), "broken")).to.have.property("type", "upload_incomplete");
    expect(await rejection(drain(meterUpload(broken(fail("source_changed", "x")), 9)), "ours")).to.have.property("type", "source_changed");
    expect(await rejection(drain(meterUpload(Readable.from([{ not: "bytes" }]), 9)), "objects")).to.have.property("type", "bad_request");
    expect(await rejection(drain(meterUpload(Readable.from(["text"]), 9)), "text")).to.have.property("type", "bad_request");
  });
});
