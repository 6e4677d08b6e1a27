import { createHash, randomBytes } from "node:crypto";
import { expect } from "chai";
import { findErrorCode } from "../../config/errors.ts";
import type { DigestsParams, DigestsResult, SourceRef } from "../../services/source/source.contract.ts";
import { rejection } from "../support/rejection.ts";
import { startSourceBroker, type SourceBroker } from "../support/source-broker.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const KiB = 1024;
const SIZE = 3 * 1024 * KiB + 4321;
const content = randomBytes(SIZE);

describe("digests of a source", () => {
  let origin: TestOrigin;
  let node: SourceBroker;
  let source: SourceRef;

  beforeEach(async () => {
    origin = await startOrigin({ files: { "/a.mp4": content } });
    node = await startSourceBroker({ allow: [origin.hostPort] });
    source = { kind: "url", url: `${origin.url}/a.mp4` };
  });
  afterEach(async () => {
    await node.stop();
    await origin.stop();
  });

  const digests = (version: string, ranges: DigestsParams["ranges"]): Promise<DigestsResult> => node.broker.call<DigestsResult, DigestsParams>("source.digests", { source, version, ranges });
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => findErrorCode(await rejection(work, "a refusal"));
  const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

  it("tell ranges apart without the bytes, in their order, and cost their blocks once", async () => {
    const { version } = await node.open(source);
    const ranges = [{ start: 300 * KiB, end: 300 * KiB + 1 }, { start: SIZE - 10, end: SIZE }, { start: 0, end: 5 }];
    for (let n = 0; n < 2; n++) expect(await digests(version, ranges)).to.deep.equal({ digests: ranges.map(({ start, end }) => hash(content.subarray(start, end))) });
    expect(origin.stats.log).to.have.lengthOf(3);
  });

  it("are of so much at a time", async () => {
    const { version } = await node.open(source);
    expect(await codeOf(digests(version, [{ start: 0, end: 4096 * KiB }, { start: 0, end: 1 }]))).to.equal("bad_request");
    expect(await rejection(digests(version, Array.from({ length: 65 }, () => ({ start: 0, end: 1 }))), "too many")).to.have.property("type", "VALIDATION_ERROR");
  });

  it("are of one version", async () => {
    const { version } = await node.open(source);
    origin.behave("/a.mp4", { etag: '"other"' });
    expect(await codeOf(digests(version, [{ start: 600 * KiB, end: 601 * KiB }]))).to.equal("source_changed");
  });
});
