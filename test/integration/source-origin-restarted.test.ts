import { expect } from "chai";
import { randomBytes } from "node:crypto";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { findErrorCode } from "../../config/errors.ts";
import { startSourceBroker } from "../support/source-broker.ts";
import { startOrigin } from "../support/test-origin.ts";

describe("an origin that dies while it is being read", () => {
  it("fails the reads that need it, not those that don't, and is read on when it is back", async () => {
    const content = randomBytes(4_000_000);
    const files = { "/a.mp4": content };
    const first = await startOrigin({ files });
    const source: SourceRef = { kind: "url", url: `${first.url}/a.mp4` };
    const node = await startSourceBroker({ allow: [first.hostPort] });
    try {
      const facts = await node.open(source);
      expect((await node.read(source, facts.version, 0, 1000)).equals(content.subarray(0, 1000))).to.equal(true);
      await first.stop();
      expect((await node.read(source, facts.version, 500, 1000)).equals(content.subarray(500, 1000))).to.equal(true);
      const error = await node.read(source, facts.version, 3_000_000, 3_001_000).then(() => undefined, (failure: unknown) => failure);
      expect(findErrorCode(error)).to.equal("source_unreachable");
      const second = await startOrigin({ files, port: Number(new URL(first.url).port) });
      try {
        expect((await node.readAll(source, facts)).equals(content)).to.equal(true);
      } finally {
        await second.stop();
      }
    } finally {
      await node.stop();
    }
  });
});
