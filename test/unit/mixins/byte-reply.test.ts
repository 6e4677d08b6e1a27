import { PassThrough, Readable } from "node:stream";
import { expect } from "chai";
import { ServiceBroker, type Context } from "moleculer";
import { readReply, replyBytes } from "../../../mixins/byte-reply.ts";
import { settle, mockClock } from "../../support/mock-clock.ts";
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

  it("gives up on a stream that falls silent for ten seconds", async () => {
    const clock = mockClock();
    try {
      const stream = new PassThrough();
      const failure = rejection(readReply(stream), "silence");
      stream.write("half");
      await settle();
      await clock.advance(9_999);
      expect(stream.destroyed).to.equal(false);
      await clock.advance(1);
      expect(await failure).to.include({ type: "not_ready", retryable: true, message: "The answering node fell silent." });
      expect(stream.destroyed).to.equal(true);
    } finally {
      clock.restore();
    }
  });
});

describe("replying with bytes", () => {
  const broker = new ServiceBroker({ logger: false, nodeID: "here" });
  const from = (nodeID: string): Context<unknown> => ({ nodeID, broker }) as unknown as Context<unknown>;
  const small = Buffer.alloc(512 * 1024);
  const large = Buffer.alloc(512 * 1024 + 1, 7);

  it("gives a caller on this node the Buffer itself, however large", () => {
    expect(replyBytes(from("here"), large)).to.equal(large);
  });

  it("gives another node a Buffer while it fits a message, else a stream of it", async () => {
    expect(replyBytes(from("there"), small)).to.equal(small);
    const reply = replyBytes(from("there"), large);
    expect(reply).to.be.instanceOf(Readable);
    expect(Buffer.compare(await readReply(reply), large)).to.equal(0);
  });
});
