import { expect } from "chai";
import { Readable } from "node:stream";
import { ulid } from "ulid";
import { findErrorCode } from "../../../../../config/errors.ts";
import { objectKeys } from "../../../../../config/object-keys.ts";
import { resumableUploads } from "../../../../../services/source/uploads/resumable-uploads.ts";
import { chainEnd, cutStream, listParts, MAX_PARTS, partLimits } from "../../../../../services/source/uploads/upload-parts.ts";
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
