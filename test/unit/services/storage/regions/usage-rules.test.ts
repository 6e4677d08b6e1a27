import { expect } from "chai";
import { objectKeys } from "../../../../../config/object-keys.ts";
import { findRule } from "../../../../../services/storage/regions/replication-rules.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5faw";

describe("how videos were watched, in other regions", () => {
  it("is there when the day is over, for it cannot be made again; what a region counts today is its own", () => {
    expect(findRule(objectKeys.usage(VIDEO, "2026-11-26", "eu", "0123456789abcdef", 7))).to.deep.equal({ unit: `videos/${VIDEO}/`, videoId: VIDEO, urgency: 0, reach: "all", sync: false });
    expect(findRule(objectKeys.watched("physics", "2026-11", VIDEO))).to.include({ urgency: 0, reach: "all", sync: false });
    expect(findRule(objectKeys.usageSoFar(VIDEO, "2026-11-26", "eu", "0123456789abcdef", 7))).to.equal(undefined);
  });
});
