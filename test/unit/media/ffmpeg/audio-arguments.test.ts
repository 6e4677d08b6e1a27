import { expect } from "chai";
import * as fc from "fast-check";
import { AAC_FRAME } from "../../../../media/aac.ts";
import { audioArguments, audioFrame } from "../../../../media/ffmpeg/audio-arguments.ts";
import { planOf } from "../../../../media/plan-video.ts";
import type { AudioRendition, Plan } from "../../../../media/plan.ts";
import { commandLine, oneLine } from "../../../support/command-line.ts";
import { makeFacts, probedFacts, type Variation } from "../../../support/sample-facts.ts";

function sound(variation: Variation = {}): { plan: Plan; rendition: AudioRendition } {
  const plan = planOf(probedFacts(variation));
  const [rendition] = plan.audio;
  if (rendition === undefined) throw new Error("the plan has no sound");
  return { plan, rendition };
}

const URL = "http://127.0.0.1:4000/token";

describe("FFmpeg's arguments for audio", () => {
  it("make the first run from the start, with silence in front to prime the encoder", () => {
    expect(commandLine(audioArguments({ ...sound(), first: 0, last: 1, url: URL }))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -i ${URL} -map 0:a:0
      -af aresample=48000:async=1:first_pts=59008,atrim=start_pts=59008:end_pts=261760,asetpts=N,apad=whole_len=202752
      -c:a aac -aac_coder fast -b:a 128k -ac 2 -ar 48000
      -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4 -vn`));
  });

  it("make a later run from a second before its first primed frame", () => {
    const later = { ...sound({ audio: { index: 1, channels: 1 } }), first: 2, last: 3, url: URL };
    expect(commandLine(audioArguments(later))).to.equal(oneLine(`
      ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:2 -stats_period 0.5 -max_alloc 536870912
      -copyts -seek_timestamp 1 -noaccurate_seek -ss 4.240000 -i ${URL} -map 0:a:1
      -af aresample=48000:async=1:first_pts=251520,atrim=start_pts=251520:end_pts=549504,asetpts=N,apad=whole_len=297984
      -c:a aac -aac_coder fast -b:a 128k -ac 1 -ar 48000
      -sn -dn -map_metadata -1 -map_chapters -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0
      -movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 500000 -f mp4 -vn`));
  });

  it("fill gaps at the source's rate, from an instant that both rates share", () => {
    const run = { ...sound({ audio: { sampleRate: 44_100 } }), first: 2, last: 3, url: URL };
    const filter = audioArguments(run).outputOptions[3] ?? "";
    // 251520 samples of 48 kHz are 1572 times 160; so many times 147 are as long at 44.1 kHz.
    expect(filter).to.match(/^aresample=44100:async=1:first_pts=231084,aresample=48000,atrim=start_pts=251520:/);
  });

  it("begin before the source does where its clock begins at 0", () => {
    const plan = planOf(makeFacts({ audio: { codec: "opus", codecString: "opus" } }));
    const [rendition] = plan.audio;
    if (rendition === undefined) throw new Error("the plan has no sound");
    const { outputOptions } = audioArguments({ plan, rendition, first: 0, last: 0, url: URL });
    expect(outputOptions[3]).to.equal("aresample=48000:async=1:first_pts=-8192,atrim=start_pts=-8192:end_pts=98304,asetpts=N,apad=whole_len=106496");
  });
});

describe("audio frames of segments", () => {
  it("tile the timeline: none missing, none twice, each within a frame of the video's cut", () => {
    fc.assert(fc.property(fc.constantFrom({ num: 25, den: 1 }, { num: 30_000, den: 1_001 }, { num: 12, den: 1 }), fc.integer({ min: 1, max: 7_200 }), (frameRate, seconds) => {
      const { plan, rendition } = sound({ video: { frameRate, end: 126_000 + 90_000 * seconds } });
      expect(audioFrame(plan, rendition, 0)).to.equal(0);
      plan.boundaries.forEach((ticks, n) => {
        const samples = audioFrame(plan, rendition, n) * AAC_FRAME;
        const exact = (ticks * rendition.sampleRate) / plan.timescale;
        expect(samples - exact).to.be.within(-1e-6, AAC_FRAME);
        if (n > 0) expect(audioFrame(plan, rendition, n)).to.be.at.least(audioFrame(plan, rendition, n - 1));
      });
    }), { numRuns: 30 });
  });
});
