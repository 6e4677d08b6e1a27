import { expect } from "chai";
import { averageReport, strainOf, typicalSpeed } from "../../../../config/placement/strain.ts";

const idle = { slots: 4, play: 0, background: 0, waiting: 0, ownCpu: 0, machineCpu: 0, accepting: true };

describe("strain", () => {
  it("counts what a viewer waits for whole, the background a quarter, and what was sent since", () => {
    expect(strainOf({ ...idle, play: 2, waiting: 3 }, 1, undefined)).to.deep.equal({ busy: 6, room: 4, pace: 1, weight: 4 });
    expect(strainOf({ ...idle, background: 2 }, 0, undefined).busy).to.equal(0.5);
  });

  it("counts what the node's processes take beyond its encodes as work, and what others take as room that is not there", () => {
    expect(strainOf({ ...idle, ownCpu: 0.5, machineCpu: 0.5 }, 0, undefined)).to.deep.equal({ busy: 2, room: 4, pace: 1, weight: 4 });
    expect(strainOf({ ...idle, play: 1, background: 1, ownCpu: 0.5, machineCpu: 0.75 }, 0, undefined)).to.deep.equal({ busy: 1.25, room: 3, pace: 0.75, weight: 4 });
    expect(strainOf({ ...idle, machineCpu: 1 }, 0, undefined).room).to.be.closeTo(0.4, 1e-9);
  });

  it("reckons a node by its speed among the others, within twice of them; its weight goes in steps", () => {
    expect(strainOf({ ...idle, speed: 50 }, 0, 100)).to.deep.equal({ busy: 0, room: 2, pace: 0.5, weight: 2 });
    expect(strainOf({ ...idle, speed: 1_000 }, 0, 100)).to.deep.equal({ busy: 0, room: 8, pace: 2, weight: 8 });
    const weights = [95, 100, 105, 115].map((speed) => strainOf({ ...idle, speed }, 0, 100).weight);
    expect(weights).to.deep.equal([4, 4, 4, 4]);
    expect(strainOf(idle, 0, 100).pace).to.equal(1);
  });

  it("takes a silent node for an average one", () => {
    const known = [{ ...idle, play: 4, machineCpu: 1 }, { ...idle, slots: 8, accepting: false }];
    expect(averageReport(known)).to.deep.equal({ ...idle, slots: 6, play: 2, machineCpu: 0.5 });
    expect(averageReport([]).slots).to.equal(1);
  });

  it("calls typical the geometric mean of the speeds that are known", () => {
    expect(typicalSpeed([{ ...idle, speed: 10 }, idle, { ...idle, speed: 40 }])).to.be.closeTo(20, 1e-9);
    expect(typicalSpeed([idle])).to.equal(undefined);
  });
});
