import { expect } from "chai";
import { Errors } from "moleculer";
import { errorMessage, ERRORS, fail, findErrorCode, type ErrorCode } from "../../../config/errors.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe("table of errors", () => {
  it("has an HTTP status and a meaning for every code", () => {
    for (const code of CODES) {
      expect(code).to.match(/^[a-z]+(_[a-z]+)*$/);
      expect(ERRORS[code].status, code).to.be.within(400, 599);
      expect(ERRORS[code].meaning, code).to.match(/^[^.\n]{10,}$/);
    }
  });

  it("lets the mesh call again only for faults of its own", () => {
    for (const code of CODES) if (ERRORS[code].retryable) expect(ERRORS[code].status, code).to.be.at.least(500);
  });
});

describe("an error for a caller", () => {
  it("is a stock Moleculer error with code, status and data of the table", () => {
    for (const code of CODES) {
      const error = fail(code, "Because.", { fact: 1 });
      expect(error, code).to.include({ type: code, code: ERRORS[code].status, message: "Because.", retryable: ERRORS[code].retryable });
      expect(error.data, code).to.deep.equal({ fact: 1 });
      expect(Object.getPrototypeOf(error), code).to.equal((ERRORS[code].retryable ? Errors.MoleculerRetryableError : Errors.MoleculerError).prototype);
    }
  });

  it("is made, not thrown", () => expect(fail("not_found", "x")).to.be.instanceOf(Error));
});

describe("the code of an error", () => {
  it("is found in what `fail` made, here or before it crossed the mesh", () => {
    for (const code of CODES) expect(findErrorCode(fail(code, "x"))).to.equal(code);
    expect(findErrorCode({ name: "MoleculerError", type: "video_not_found", code: 404 })).to.equal("video_not_found");
  });

  it("is not found in anything else", () => {
    for (const other of [new Error("x"), new Errors.ServiceNotFoundError({ action: "a", nodeID: "n" }), null, undefined, "not_found", { type: "toString" }, { type: "__proto__" }, { type: 404 }, { code: "not_found" }]) {
      expect(findErrorCode(other), String(other)).to.equal(undefined);
    }
  });
});

describe("the message of an error", () => {
  it("is its message, or what was thrown as text", () => {
    expect(errorMessage(new TypeError("bad"))).to.equal("bad");
    expect(errorMessage("thrown")).to.equal("thrown");
    expect(errorMessage(undefined)).to.equal("undefined");
  });
});
