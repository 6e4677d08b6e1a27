import { expect } from "chai";
import { Errors } from "moleculer";
import { ERRORS, fail, type ErrorCode } from "../../../../config/errors.ts";
import { describeProblem } from "../../../../services/gateway/problem.ts";

describe("describeProblem", () => {
  it("shows every error of the table with its status and message", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const { problem, unexpected } = describeProblem(fail(code, `about ${code}`), "r1");
      expect(problem).to.deep.equal({ type: `urn:lectern:error:${code}`, title: ERRORS[code].meaning, status: ERRORS[code].status, detail: `about ${code}`, code, requestId: "r1" });
      expect(unexpected).to.equal(false);
    }
  });

  it("asks to come back when told so, or when that is likely to help", () => {
    expect(describeProblem(fail("overloaded", "busy", { retryAfterSec: 2.5 }), "r").headers).to.deep.equal({ "Retry-After": "3" });
    expect(describeProblem(fail("plan_pending", "wait"), "r").headers).to.deep.equal({ "Retry-After": "1" });
    expect(describeProblem(fail("bad_request", "no"), "r").headers).to.deep.equal({});
  });

  it("lets a cache know for a minute that a video is deleted or blocked, and keep no other answer", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      expect(describeProblem(fail(code, "so"), "r").headers["Cache-Control"], code).to.equal(code === "video_deleted" || code === "blocked" ? "public, max-age=60" : undefined);
    }
  });

  it("passes on reasons and no other data", () => {
    expect(describeProblem(fail("video_rejected", "no", { reasons: [{ class: "empty", message: "m" }], node: "n1" }), "r").problem).to.have.property("reasons").that.deep.equals([{ class: "empty", message: "m" }]);
    expect(JSON.stringify(describeProblem(fail("video_rejected", "no", { node: "n1" }), "r"))).to.not.contain("n1");
  });

  it("knows Moleculer's own errors without showing where they arose", () => {
    const { problem } = describeProblem(new Errors.ServiceNotFoundError({ action: "delivery.segment", nodeID: "node-7" }), "r");
    expect([problem.status, problem.code]).to.deep.equal([503, "not_ready"]);
    expect(JSON.stringify(problem)).to.not.contain("node-7");
    expect(describeProblem(new Errors.RequestTimeoutError({ action: "a", nodeID: "node-7" }), "r").problem.code).to.equal("overloaded");
  });

  it("tells nothing of any other error", () => {
    for (const error of [new Error("/etc/secret"), "text", null, undefined, { type: "constructor", message: "secret" }, new Errors.MoleculerError("secret", 404, "MADE_UP")]) {
      const { problem, unexpected } = describeProblem(error, "r9");
      expect([problem.status, problem.code, problem.requestId, unexpected]).to.deep.equal([500, "internal_error", "r9", true]);
      expect(JSON.stringify(problem)).to.not.contain("secret");
    }
  });
});
