import { expect } from "chai";
import { parseCtlArguments } from "../../../../bin/operator/ctl-arguments.ts";
import { USAGE_COMMANDS } from "../../../../bin/operator/usage-commands.ts";

const ID = "01arz3ndektsv4rrffq69g5faw";
const totals = { views: 3, viewers: 2, watchSec: 5_400, completions: 1 };
const DAYS = { from: "2026-11-01", to: "2026-11-30" };

describe("the commands about usage", () => {
  it("take a video, or a course, and days", () => {
    expect(parseCtlArguments(["usage", ID, "--from", "2026-11-01"])).to.deep.include({ kind: "run", name: "usage", value: ID, options: { from: "2026-11-01" } });
    expect(parseCtlArguments(["watched", "--course", "Optics 2"])).to.deep.include({ kind: "run", name: "watched", options: { course: "Optics 2" } });
    for (const wrong of [["usage"], ["usage", "lenses"], ["usage", ID, "--course", "x"], ["watched", ID]]) expect(parseCtlArguments(wrong).kind, wrong.join(" ")).to.equal("fault");
  });

  it("show days, videos and sums; titles end no line", () => {
    expect(USAGE_COMMANDS["usage"]?.format({ id: ID, title: "Lenses\nand more", ...DAYS, totals, days: [{ day: "2026-11-02", ...totals }] }).split("\n").map((line) => line.trimEnd().split(/ {2,}/))).to.deep.equal([
      ["Lenses and more, 2026-11-01 to 2026-11-30"], ["day", "views", "viewers", "watched", "to the end"], ["2026-11-02", "3", "2", "1.5 h", "1"], ["all", "3", "2", "1.5 h", "1"],
    ]);
    const ranked = USAGE_COMMANDS["watched"]?.format({ tenant: "physics", course: "optics", ...DAYS, totals, videos: [{ id: ID, ...totals }], more: true }) ?? "";
    expect(ranked.split("\n").map((line) => line.trimEnd().split(/ {2,}/)[0])).to.deep.equal(["physics, optics, 2026-11-01 to 2026-11-30", "video", ID, "all, also those that are not named"]);
  });
});
