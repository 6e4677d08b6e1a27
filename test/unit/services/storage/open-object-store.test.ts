import { expect } from "chai";
import { formatStore } from "../../../../services/storage/open-object-store.ts";

describe("a store's name in the log", () => {
  it("says where objects are, and no password", () => {
    expect(formatStore({ kind: "file", dir: "/var/lectern" })).to.equal("/var/lectern");
    expect(formatStore({ kind: "s3", bucket: "lectures", endpoint: undefined })).to.equal("bucket lectures");
    expect(formatStore({ kind: "s3", bucket: "lectures", endpoint: "https://me:word@s3.example:9000/x" })).to.equal("bucket lectures at s3.example:9000");
  });
});
