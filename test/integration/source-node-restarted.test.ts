import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SourceRef } from "../../services/source/source.contract.ts";
import { startSourceBroker } from "../support/source-broker.ts";
import { startOrigin } from "../support/test-origin.ts";

describe("a node that is restarted", () => {
  it("still has the blocks it fetched, and asks the origin for none of them again", async () => {
    const content = randomBytes(2_000_000);
    const dataDir = await mkdtemp(join(tmpdir(), "source-restart-"));
    const origin = await startOrigin({ files: { "/a.mp4": content } });
    const source: SourceRef = { kind: "url", url: `${origin.url}/a.mp4` };
    try {
      const before = await startSourceBroker({ allow: [origin.hostPort], dataDir });
      const facts = await before.open(source);
      await before.readAll(source, facts);
      await before.stop();
      origin.resetStats();
      const after = await startSourceBroker({ allow: [origin.hostPort], dataDir });
      const read = await after.readAll(source, facts);
      await after.stop();
      expect(read.equals(content)).to.equal(true);
      expect(origin.stats.requests).to.equal(0);
    } finally {
      await origin.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
