import { expect } from "chai";
import { PROFILES } from "../../../../media/content/profile.ts";
import { tuningOf } from "../../../../media/ffmpeg/tuning.ts";

describe("tuning of the encoder", () => {
  it("is the plain one until it is known what the video shows", () => {
    for (const lane of ["play", "background"] as const) {
      expect(tuningOf(undefined, lane)).to.deep.equal({ preset: "veryfast", crf: 23, x264Params: "keyint=infinite:scenecut=0:open-gop=0" });
    }
  });

  it("takes its time for slides, and less while a viewer waits", () => {
    const x264Params = "keyint=infinite:scenecut=0:open-gop=0:ref=1:psy=0:bframes=5:aq-mode=2:ipratio=1.1";
    expect(tuningOf("slides", "play")).to.deep.equal({ preset: "faster", crf: 23, x264Params });
    expect(tuningOf("slides", "background")).to.deep.equal({ preset: "medium", crf: 23, x264Params: `${x264Params}:zones=0,1000000,b=0.841` });
  });

  it("cuts where the plan does, whatever the video shows", () => {
    for (const profile of PROFILES) for (const lane of ["play", "background"] as const) expect(tuningOf(profile, lane).x264Params).to.match(/^keyint=infinite:scenecut=0:open-gop=0(:|$)/);
  });
});
