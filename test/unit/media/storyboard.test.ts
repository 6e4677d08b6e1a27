import { expect } from "chai";
import { formatStoryboard, pickSheetFrames, planStoryboard } from "../../../media/storyboard.ts";
import { makeFacts } from "../../support/sample-facts.ts";

const SCALE = 12_800;
const hours = (count: number) => makeFacts({ video: { end: count * 3600 * SCALE } });

describe("a storyboard", () => {
  it("has a preview every 5 s, 10 s of a long video, and never more than 2,000", () => {
    expect(planStoryboard(makeFacts())).to.deep.equal({ intervalSec: 5, previews: 2, sheets: 1, width: 160, height: 90 });
    expect(planStoryboard(hours(0.5))).to.deep.include({ intervalSec: 5, previews: 360, sheets: 4 });
    expect(planStoryboard(hours(1))).to.deep.include({ intervalSec: 10, previews: 360, sheets: 4 });
    expect(planStoryboard(hours(24))).to.deep.include({ intervalSec: 44, previews: 1964, sheets: 20 });
  });

  it("keeps the shape of the picture", () => {
    const size = (displayWidth: number, displayHeight: number): number[] => {
      const { width, height } = planStoryboard(makeFacts({ video: { displayWidth, displayHeight } }));
      return [width, height];
    };
    expect(size(1080, 1920)).to.deep.equal([90, 160]);
    expect(size(640, 480)).to.deep.equal([160, 120]);
    expect(size(4_000, 2)).to.deep.equal([160, 2]);
  });

  it("is a WebVTT track of parts of sheets", () => {
    expect(formatStoryboard(makeFacts({ originTicks: SCALE, video: { start: SCALE, end: 13.5 * SCALE } }), (sheet) => `storyboard/${sheet}.jpg`)).to.equal(
      "WEBVTT\n\n00:00:00.000 --> 00:00:05.000\nstoryboard/0.jpg#xywh=0,0,160,90\n\n00:00:05.000 --> 00:00:10.000\nstoryboard/0.jpg#xywh=160,0,160,90\n\n00:00:10.000 --> 00:00:12.500\nstoryboard/0.jpg#xywh=320,0,160,90\n");
    const cues = formatStoryboard(hours(1), String).split("\n\n");
    expect(cues).to.have.lengthOf(361);
    expect(cues[112]).to.equal("00:18:30.000 --> 00:18:40.000\n1#xywh=160,90,160,90");
    expect(cues[360]).to.equal("00:59:50.000 --> 01:00:00.000\n3#xywh=1440,450,160,90\n");
  });

  it("shows key frames, each at the first place it stands for", () => {
    const facts = makeFacts({ video: { end: 1000 * SCALE, keyFrames: [0, 2, 7, 21, 490, 503].map((sec) => sec * SCALE) } });
    const pick = (sheet: number) => pickSheetFrames(facts, planStoryboard(facts), sheet).map(({ position, pts }) => [position, pts / SCALE]);
    expect(pick(0)).to.deep.equal([[0, 0], [1, 7], [4, 21], [98, 490]]);
    expect(pick(1)).to.deep.equal([[0, 503]]);
    const late = makeFacts({ video: { end: 1000 * SCALE, keyFrames: [0, 507 * SCALE] } });
    expect(pickSheetFrames(late, planStoryboard(late), 1)).to.deep.equal([{ position: 0, pts: 0 }, { position: 1, pts: 507 * SCALE }]);
  });
});
