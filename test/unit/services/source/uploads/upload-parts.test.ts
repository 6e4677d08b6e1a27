import { expect } from "chai";
import { PassThrough, Readable } from "node:stream";
import { ulid } from "ulid";
import { findErrorCode } from "../../../../../config/errors.ts";
import { objectKeys } from "../../../../../config/object-keys.ts";
import { resumableUploads } from "../../../../../services/source/uploads/resumable-uploads.ts";
import { chainEnd, cutStream, listParts, MAX_PARTS, partLimits } from "../../../../../services/source/uploads/upload-parts.ts";
import { eventually } from "../../../../support/eventually.ts";
import { memoryUploadStore } from "../../../../support/memory-upload-store.ts";

describe("upload parts", () => {
  it("are listed in the order of their offsets, over pages", async () => {
    const { store, objects } = memoryUploadStore({ pageSize: 2 });
    for (const offset of [90_000_000_000, 5, 0]) objects.set(objectKeys.uploadPart("u", offset), Buffer.alloc(5));
    expect(await listParts(store, "u")).to.deep.equal([{ offset: 0, size: 5 }, { offset: 5, size: 5 }, { offset: 90_000_000_000, size: 5 }]);
  });

  it("reach as far as they have no gap", () => {
    expect(chainEnd([])).to.equal(0);
    expect(chainEnd([{ offset: 0, size: 5 }, { offset: 5, size: 2 }])).to.equal(7);
    expect(chainEnd([{ offset: 0, size: 5 }, { offset: 6, size: 2 }])).to.equal(5);
    expect(chainEnd([{ offset: 3, size: 5 }])).to.equal(0);
  });

  it("are of 8 MiB, or as large as half their number asks", () => {
    expect(partLimits(1)).to.deep.equal({ bytes: 8 * 1024 * 1024, slowBytes: 256 * 1024, slowMs: 1_000 });
    const { bytes, slowBytes } = partLimits(2 ** 40);
    expect(slowBytes * (MAX_PARTS / 2)).to.be.at.least(2 ** 40);
    expect(bytes).to.equal(slowBytes);
  });

  it("are cut from a stream, which stays open for who stops reading", async () => {
    const stream = Readable.from([Buffer.alloc(3), Buffer.alloc(3), Buffer.alloc(3)]);
    const lengths: number[] = [];
    for await (const part of cutStream(stream, { bytes: 5, slowBytes: 5, slowMs: Infinity })) {
      lengths.push(part.length);
      break;
    }
    expect(lengths).to.deep.equal([6]);
    expect(stream.destroyed).to.equal(false);
  });

  it("are cut sooner where a stream is slow, also when it then stands still; what has come of one that breaks is a part, too", async () => {
    const stream = new PassThrough();
    const parts = cutStream(stream, { bytes: 100, slowBytes: 3, slowMs: 20 });
    const next = async (...pieces: number[]): Promise<number | undefined> => {
      const part = parts.next();
      for (const length of pieces) {
        stream.write(Buffer.alloc(length));
        await eventually(() => stream.readableLength === 0); // it has been read
      }
      return (await part).value?.length;
    };
    expect(await next(2, 2)).to.equal(4);
    expect(await next(3)).to.equal(3);
    const last = next(1);
    await eventually(() => stream.readableLength === 0);
    stream.destroy();
    expect(await last).to.equal(1);
    expect(await parts.next().then(() => undefined, findErrorCode)).to.equal("upload_incomplete");
  });

  it("are not more than ten thousand", async () => {
    const { store, objects } = memoryUploadStore();
    const uploads = resumableUploads(store, 1_000_000, { arrived: () => undefined, finished: () => undefined });
    const uploadId = ulid().toLowerCase();
    await uploads.begin({ uploadId, size: MAX_PARTS + 1 });
    for (let offset = 0; offset < MAX_PARTS; offset++) objects.set(objectKeys.uploadPart(uploadId, offset), Buffer.alloc(1));
    const code = await uploads.append({ uploadId, offset: MAX_PARTS }, Readable.from([Buffer.alloc(1)])).then(() => undefined, findErrorCode);
    expect(code).to.equal("bad_request");
  });
});
