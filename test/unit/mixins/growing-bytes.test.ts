import { Readable } from "node:stream";
import { expect } from "chai";
import type { Context } from "moleculer";
import { fail } from "../../../config/errors.ts";
import { growReply, readReply, replyGrowing } from "../../../mixins/byte-reply.ts";
import { GrowingBytes } from "../../../mixins/growing-bytes.ts";
import { rejection } from "../../support/rejection.ts";

async function read(bytes: GrowingBytes): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(part);
  return parts.join("|");
}

describe("growing bytes", () => {
  it("are read from the beginning by everyone, whenever they come", async () => {
    const bytes = new GrowingBytes();
    const early = [read(bytes), read(bytes)];
    bytes.push(Buffer.from("a"));
    await bytes.started();
    const late = read(bytes);
    bytes.push(Buffer.from("b"));
    bytes.end();
    bytes.push(Buffer.from("after the end"));
    expect(await Promise.all([...early, late, read(bytes)])).to.deep.equal(["a|b", "a|b", "a|b", "a|b"]);
    expect((await bytes.whole()).toString()).to.equal("ab");
    expect([bytes.size, bytes.isGrowing]).to.deep.equal([2, false]);
  });

  it("tell of a failure behind what there is, and at once when there is nothing", async () => {
    const bytes = new GrowingBytes();
    bytes.push(Buffer.from("a"));
    const reading = rejection(read(bytes), "read");
    bytes.fail(fail("encode_failed", "staged"));
    expect(await reading).to.have.property("type", "encode_failed");
    await bytes.started();
    expect(await rejection(bytes.whole(), "whole")).to.have.property("type", "encode_failed");
    const empty = new GrowingBytes();
    empty.fail(fail("source_changed", "staged"));
    expect(await rejection(empty.started(), "started")).to.have.property("type", "source_changed");
  });

  it("have a bound", async () => {
    const bytes = new GrowingBytes();
    const piece = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 65; i++) bytes.push(piece);
    expect(await rejection(bytes.ended(), "too large")).to.have.property("type", "encode_failed");
    expect(bytes.size).to.equal(64 * piece.length);
  });

  it("go to a caller on this node as they are, to another as a stream", async () => {
    const bytes = new GrowingBytes();
    const from = (nodeID: string) => ({ nodeID, broker: { nodeID: "here" } }) as unknown as Context<unknown>;
    expect(replyGrowing(from("here"), bytes)).to.equal(bytes);
    const reply = replyGrowing(from("there"), bytes);
    expect(reply).to.be.instanceOf(Readable);
    const received = growReply(reply, 1_000);
    bytes.push(Buffer.from("a"));
    await received.started();
    expect(received.isGrowing).to.equal(true);
    bytes.push(Buffer.from("b"));
    bytes.end();
    expect((await received.whole()).toString()).to.equal("ab");
    expect((await readReply(bytes)).toString()).to.equal("ab");
    expect((await growReply(new Uint8Array([97]), 1_000).whole()).toString()).to.equal("a");
    expect(() => growReply(null, 1_000)).to.throw().with.property("type", "not_found");
    expect(await rejection(growReply(new Readable({ read() { this.destroy(); } }), 1_000).whole(), "broken off")).to.have.property("type", "not_ready");
  });
});
