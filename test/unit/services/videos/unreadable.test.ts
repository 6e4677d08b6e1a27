import { expect } from "chai";
import { fail, type ErrorCode } from "../../../../config/errors.ts";
import { listAll, passUnreadable } from "../../../../services/videos/unreadable.ts";
import type { VideoState } from "../../../../services/videos/videos.contract.ts";
import { rejection } from "../../../support/rejection.ts";
import { makeRecord } from "../../../support/sample-record.ts";

const silent = { warn: () => undefined };

describe("videos that cannot be read", () => {
  const list = async (videos: Record<string, ErrorCode | undefined>): Promise<string[]> => {
    const added: string[] = [];
    await listAll({
      async *allIds() { yield* Object.keys(videos); },
      async find(id): Promise<VideoState> {
        const code = videos[id];
        if (code !== undefined) throw fail(code, "staged");
        return { record: makeRecord({ id }), deleted: false };
      },
    }, { add: async ({ id }) => void added.push(id) }, silent);
    return added;
  };

  it("are left out of the list, and the others are in it", async () => {
    expect(await list({ a: undefined, b: "storage_key_unavailable", c: "storage_damaged", d: undefined })).to.deep.equal(["a", "d"]);
  });

  it("are no reason to list none: when none can be read the keys are away", async () => {
    expect(await rejection(list({ a: "storage_key_unavailable", b: "storage_key_unavailable" }), "KMS is away")).to.have.property("type", "storage_key_unavailable");
  });

  it("are not those of a store that is away", async () => {
    expect(await rejection(list({ a: undefined, b: "storage_unavailable" }), "away")).to.have.property("type", "storage_unavailable");
    expect(() => passUnreadable(silent)(fail("storage_unavailable", "staged"))).to.throw("staged");
  });
});
