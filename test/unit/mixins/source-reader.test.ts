import { expect } from "chai";
import { ServiceBroker, type Context } from "moleculer";
import { fail } from "../../../config/errors.ts";
import { rememberFailure, sourceKey, sourceReader } from "../../../mixins/source-reader.ts";
import { MAX_READ_BYTES, type ReadParams, type SourceRef } from "../../../services/source/source.contract.ts";
import { rejection } from "../../support/rejection.ts";

const SOURCE: SourceRef = { kind: "url", url: "https://example.org/a.mp4" };
const BYTES = Buffer.from(Array.from({ length: 3 * MAX_READ_BYTES + 100 }, (_, at) => (at * 7 + (at >> 10)) & 0xff));

describe("reading a source through the mesh", () => {
  let broker: ServiceBroker;
  const asked: ReadParams[] = [];

  before(async () => {
    broker = new ServiceBroker({ logger: false });
    broker.createService({
      name: "source",
      actions: {
        read(ctx: Context<ReadParams>): Buffer {
          asked.push(ctx.params);
          if (ctx.params.version !== "v1") throw fail("source_changed", "The source has changed.");
          return BYTES.subarray(ctx.params.start, ctx.params.end);
        },
      },
    });
    await broker.start();
  });
  after(() => broker.stop());
  beforeEach(() => { asked.length = 0; });

  it("asks for a range of the version it knows", async () => {
    expect(await sourceReader(broker, SOURCE, "v1")(100, 200)).to.deep.equal(BYTES.subarray(100, 200));
    expect(asked).to.deep.equal([{ source: SOURCE, version: "v1", start: 100, end: 200 }]);
  });

  it("cuts a long range into reads that fit a message, and joins them in order", async () => {
    const [start, end] = [50, 2 * MAX_READ_BYTES + 60];
    expect(Buffer.compare(await sourceReader(broker, SOURCE, "v1")(start, end), BYTES.subarray(start, end))).to.equal(0);
    expect(asked.map((read) => [read.start, read.end])).to.deep.equal([[50, MAX_READ_BYTES + 50], [MAX_READ_BYTES + 50, 2 * MAX_READ_BYTES + 50], [2 * MAX_READ_BYTES + 50, 2 * MAX_READ_BYTES + 60]]);
    asked.length = 0;
    await sourceReader(broker, SOURCE, "v1")(0, MAX_READ_BYTES);
    expect(asked).to.have.length(1);
  });

  it("says of every part that nothing is to be read ahead, where that is so", async () => {
    await sourceReader(broker, SOURCE, "v1")(0, MAX_READ_BYTES + 1, false);
    await rememberFailure(sourceReader(broker, SOURCE, "v1")).read(0, 10, false);
    expect(asked.map(({ ahead }) => ahead)).to.deep.equal([false, false, false]);
  });

  it("fails as the source does", async () => {
    expect(await rejection(sourceReader(broker, SOURCE, "v2")(0, 10), "read")).to.have.property("type", "source_changed");
    expect(await rejection(sourceReader(broker, SOURCE, "v2")(0, 2 * MAX_READ_BYTES), "long read")).to.have.property("type", "source_changed");
  });
});

describe("remembering why a read failed", () => {
  it("keeps the first failure, and passes all on", async () => {
    let reads = 0;
    const remembered = rememberFailure(async () => { if (++reads > 1) throw new Error(`fault ${reads}`); return new Uint8Array(1); });
    expect(await remembered.read(0, 1)).to.have.length(1);
    expect(remembered.failure()).to.equal(undefined);
    for (const fault of [2, 3]) expect(await rejection(remembered.read(0, 1), "read")).to.have.property("message", `fault ${fault}`);
    expect(remembered.failure()).to.have.property("message", "fault 2");
  });
});

describe("key of a source's bytes", () => {
  it("is the same for the same source and version only", () => {
    const upload: SourceRef = { kind: "upload", uploadId: "u1" };
    const keys = [sourceKey(SOURCE, "v1"), sourceKey(SOURCE, "v2"), sourceKey(upload, "v1"), sourceKey({ kind: "url", url: 'https://example.org/a.mp4","v1' }, ""), sourceKey({ kind: "url", url: "https://example.org/b.mp4" }, "v1")];
    expect(new Set(keys).size).to.equal(keys.length);
    expect(sourceKey({ ...SOURCE }, "v1")).to.equal(keys[0]);
  });
});
