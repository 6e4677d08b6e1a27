import { expect } from "chai";
import * as fc from "fast-check";
import { resolveServices, SERVICES } from "../../../config/services.ts";

describe("services of a node", () => {
  it("are all when none is named", () => expect(resolveServices([])).to.equal(SERVICES));

  it("are those named with what they need on the same node, ground floor first", () => {
    expect(resolveServices(["transcoder"])).to.deep.equal(["metrics", "node", "storage", "audit", "source", "quality", "transcoder"]);
    expect(resolveServices(["gateway"])).to.deep.equal(["metrics", "node", "storage", "audit", "access", "source", "cache", "delivery", "errors", "webhooks", "operator", "persons", "insights", "forecast", "gateway"]);
    expect(resolveServices(["scheduler", "validator"])).to.deep.equal(["metrics", "node", "storage", "audit", "source", "validator", "scheduler", "capacity"]);
    expect(resolveServices(["storage"])).to.deep.equal(["metrics", "node", "storage", "audit"]);
  });

  it("always have metrics and node, so that every node can be seen and drained", () => {
    for (const name of SERVICES) expect(resolveServices([name]), name).to.include.members(["metrics", "node"]);
  });

  it("are refused when one does not exist, naming all that don't", () => {
    expect(() => resolveServices(["cache", "captions", "constructor"])).to.throw(`names no service "captions, constructor"; there are ${SERVICES.join(", ")}`);
  });

  it("hold what was named, in the order of start, each once, and need nothing more", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...SERVICES), { minLength: 1 }), (names) => {
      const resolved = resolveServices(names);
      expect(resolved).to.include.members(names);
      expect(resolved).to.deep.equal(SERVICES.filter((name) => resolved.includes(name)));
      expect(resolveServices(resolved)).to.deep.equal(resolved);
    }));
  });
});
