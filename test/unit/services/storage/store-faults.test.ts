import { expect } from "chai";
import { fail, findErrorCode } from "../../../../config/errors.ts";
import { directoryFault } from "../../../../services/storage/directory-faults.ts";
import { s3Fault } from "../../../../services/storage/s3-faults.ts";

const s3Error = (name: string, httpStatusCode?: number): Error => Object.assign(new Error(`secret detail of ${name}`), { name, $metadata: { httpStatusCode, attempts: 1 } });
const systemError = (code: string): Error => Object.assign(new Error(`${code}: open '/secret/path'`), { code });

describe("faults of a store", () => {
  const cases: [string, Error, string][] = [
    ["disk full", directoryFault(systemError("ENOSPC")), "storage_full"],
    ["quota", directoryFault(systemError("EDQUOT")), "storage_full"],
    ["read-only", directoryFault(systemError("EROFS")), "storage_unavailable"],
    ["broken disk", directoryFault(systemError("EIO")), "storage_unavailable"],
    ["no hard links", directoryFault(systemError("EPERM")), "storage_unavailable"],
    ["directory gone", directoryFault(systemError("ENOENT")), "storage_unavailable"],
    ["key below an object", directoryFault(systemError("ENOTDIR")), "bad_request"],
    ["S3 disk full", s3Fault(s3Error("InsufficientStorage", 507)), "storage_full"],
    ["S3 quota", s3Fault(s3Error("QuotaExceeded", 403)), "storage_full"],
    ["wrong secret", s3Fault(s3Error("SignatureDoesNotMatch", 403)), "storage_unavailable"],
    ["no credentials", s3Fault(s3Error("CredentialsProviderError")), "storage_unavailable"],
    ["no bucket", s3Fault(s3Error("NoSuchBucket", 404)), "storage_unavailable"],
    ["too busy", s3Fault(s3Error("SlowDown", 503)), "storage_unavailable"],
    ["no server", s3Fault(systemError("ECONNREFUSED")), "storage_unavailable"],
    ["too late", s3Fault(s3Error("AbortError")), "storage_unavailable"],
  ];
  for (const [name, error, code] of cases) {
    it(`${name}: ${code}, with nothing of the system's own words`, () => {
      expect(findErrorCode(error)).to.equal(code);
      expect(error.message).to.not.include("secret").and.not.include("/");
    });
  }

  it("leave our own errors, and those that are no fault of the store, as they are", () => {
    for (const error of [fail("source_too_large", "x"), new TypeError("a bug")]) expect(directoryFault(error)).to.equal(error);
    const ours = fail("upload_incomplete", "x");
    expect(s3Fault(ours)).to.equal(ours);
  });
});
