import { expect } from "chai";
import * as fc from "fast-check";
import { bandwidthOf, measureBandwidth } from "../../../media/bandwidth.ts";
import { stagedPlan } from "../../support/staged-plan.ts";

describe("bandwidth of a rendition", () => {
  it("is the plan's promise until it was measured", () => {
    const [video] = stagedPlan(20).video;
    if (video === undefined) throw new Error("the staged plan has no video");
    expect(bandwidthOf(video)).to.deep.equal({ peak: video.bandwidth, average: video.averageBandwidth });
    expect(bandwidthOf(video, new Map([[video.name, { peak: 9, average: 8 }]]))).to.deep.equal({ peak: 9, average: 8 });
  });

  it("has as its peak the fastest run of about a target duration", () => {
    const cut = { timescale: 10, boundaries: [0, 20, 40, 80, 120, 121] };
    // The last alone, 0.1 s of it, is 8000 bits per second, and no run by itself.
    expect(measureBandwidth(cut, [100, 300, 1000, 900, 100])).to.deep.equal({ peak: 2000, average: Math.ceil((8 * 2400) / 12.1) });
  });

  it("is the whole's where nothing is as long as half a target", () => {
    expect(measureBandwidth({ timescale: 10, boundaries: [0, 3] }, [300])).to.deep.equal({ peak: 8000, average: 8000 });
  });

  it("never has a peak under its average", () => {
    const segments = fc.array(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 1e7 })), { minLength: 1, maxLength: 60 });
    fc.assert(fc.property(segments, (list) => {
      const boundaries = list.reduce((all, [length]) => [...all, (all.at(-1) ?? 0) + length], [0]);
      const { peak, average } = measureBandwidth({ timescale: 10, boundaries }, list.map(([, size]) => size));
      expect(peak).to.be.at.least(average);
    }));
  });
});
