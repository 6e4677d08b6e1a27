import { PassThrough, Readable } from "node:stream";
import { expect } from "chai";
import { readReply } from "../../../mixins/byte-reply.ts";
import { rejection } from "../../support/rejection.ts";

describe("reading a reply of bytes", () => {
  it("takes Buffers as they are, other arrays as views, streams as a whole", async () => {
    const bytes = Buffer.from("abcdef");
    expect(await readReply(bytes)).to.equal(bytes);
    expect((await readReply(new Uint8Array([97, 98]))).toString()).to.equal("ab");
    expect((await readReply(Readable.from([Buffer.from("ab"), Buffer.from("cd")], { objectMode: false }))).toString()).to.equal("abcd");
    expect((await readReply(Readable.from([], { objectMode: false }))).length).to.equal(0);
  });

  it("takes no more than it is told to, and lets go of a stream that has more", async () => {
    const stream = new PassThrough();
    stream.write(Buffer.alloc(8));
    expect(await rejection(readReply(stream, 7), "stream")).to.have.property("type", "bad_request");
    expect(stream.destroyed).to.equal(true);
    expect(await rejection(readReply(Buffer.alloc(8), 7), "buffer")).to.have.property("type", "bad_request");
  });

  it("says when a stream breaks off, with an error or without one", async () => {
    const failing = new PassThrough();
    const first = readReply(failing);
    failing.write("half");
    failing.destroy(new Error("Stream closed by node-2"));
    expect(await rejection(first, "error")).to.include({ type: "not_ready", retryable: true });
    const closing = new PassThrough();
    const second = readReply(closing);
    closing.destroy();
    expect(await rejection(second, "close")).to.include({ type: "not_ready", retryable: true });
  });

  it("refuses what is no bytes", async () => {
    for (const reply of [null, undefined, "text", { bytes: 1 }]) expect(await rejection(readReply(reply), String(reply))).to.have.property("type", "not_found");
  });
});
