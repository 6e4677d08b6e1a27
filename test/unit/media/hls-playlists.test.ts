import { expect } from "chai";
import * as fc from "fast-check";
import { formatMasterPlaylist, formatMediaPlaylist } from "../../../media/hls/playlists.ts";
import type { AudioRendition, Plan, VideoRendition } from "../../../media/plan.ts";

const SOURCE: VideoRendition = {
  kind: "video", name: "source", mode: "repackage", codecs: "avc1.640028", width: 1920, height: 1080, frameRate: { num: 30_000, den: 1001 },
  bandwidth: 3_200_000, averageBandwidth: 2_000_000,
};
const encode = (height: number, width: number, bandwidth: number): VideoRendition => ({
  kind: "video", name: `${height}p`, mode: "encode", codecs: "avc1.4d401f", width, height, frameRate: { num: 25, den: 1 }, bandwidth, averageBandwidth: bandwidth * 0.8,
});
const AUDIO: AudioRendition = { kind: "audio", name: "audio", mode: "encode", codecs: "mp4a.40.2", sampleRate: 48_000, channels: 2, language: "en", bandwidth: 128_000 };

const PLAN: Plan = {
  version: 1,
  facts: {
    size: 1, container: "mp4", reader: "index", originTicks: 0,
    video: {
      index: 0, codec: "h264", timescale: 30_000, start: 0, end: 300_300, width: 1920, height: 1080, displayWidth: 1920, displayHeight: 1080, rotation: 0,
      frameRate: { num: 30_000, den: 1001 }, bitrate: 2_000_000, hdr: false, interlaced: false, keyFrames: [0], openGop: false,
    },
  },
  cut: "keys",
  timescale: 30_000,
  boundaries: [0, 60_060, 120_120, 240_240, 300_300],
  video: [SOURCE, encode(720, 1280, 2_500_000), encode(360, 640, 700_000)],
  audio: AUDIO,
};

describe("master playlist", () => {
  it("offers a moderate source first and the encodes by bandwidth, with audio apart", () => {
    expect(formatMasterPlaylist(PLAN)).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/media.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3328000,AVERAGE-BANDWIDTH=2128000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS=NONE
source/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=828000,AVERAGE-BANDWIDTH=688000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio",CLOSED-CAPTIONS=NONE
360p/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2628000,AVERAGE-BANDWIDTH=2128000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000,AUDIO="audio",CLOSED-CAPTIONS=NONE
720p/media.m3u8
`);
  });

  it("offers the lightest encode first where the source is heavy, and no audio where there is none", () => {
    const { audio: _, ...silent } = PLAN;
    expect(formatMasterPlaylist({ ...silent, video: [{ ...SOURCE, bandwidth: 12_000_000 }, encode(720, 1280, 2_500_000), encode(360, 640, 700_000)] })).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=700000,AVERAGE-BANDWIDTH=560000,CODECS="avc1.4d401f",RESOLUTION=640x360,FRAME-RATE=25.000,CLOSED-CAPTIONS=NONE
360p/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.4d401f",RESOLUTION=1280x720,FRAME-RATE=25.000,CLOSED-CAPTIONS=NONE
720p/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=12000000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.640028",RESOLUTION=1920x1080,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE
source/media.m3u8
`);
  });

  it("offers a heavy source alone when it is alone", () => {
    const text = formatMasterPlaylist({ ...PLAN, video: [{ ...SOURCE, bandwidth: 12_000_000 }] });
    expect(text.split("\n").filter((line) => line.endsWith(".m3u8"))).to.deep.equal(["source/media.m3u8"]);
  });

  it("passes no language on that is not a language tag", () => {
    for (const language of ['en"\n#EXT-X-EVIL', "und", "", "e", "en,fr", "zh-Hant-TW"]) {
      const [line] = formatMasterPlaylist({ ...PLAN, audio: { ...AUDIO, language } }).split("\n").filter((text) => text.startsWith("#EXT-X-MEDIA"));
      expect(line?.includes("LANGUAGE")).to.equal(language === "zh-Hant-TW");
    }
  });

  it("has one line per line whatever the metadata holds", () => {
    const text = fc.string({ unit: fc.constantFrom(..."a-,=#\"\\\r\n\0\u0085\u2028\u2029é😀") });
    fc.assert(fc.property(text, text, (language, codecs) => {
      const lines = formatMasterPlaylist({ ...PLAN, audio: { ...AUDIO, language, codecs } }).split(/[\r\n\u0085\u2028\u2029]/);
      expect(lines).to.have.length(11);
      expect(lines.every((line) => (line.match(/"/g) ?? []).length % 2 === 0)).to.equal(true);
    }));
  });
});

describe("media playlist", () => {
  const LITERAL = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.002000,
0.m4s
#EXTINF:2.002000,
1.m4s
#EXTINF:4.004000,
2.m4s
#EXTINF:2.002000,
3.m4s
#EXT-X-ENDLIST
`;
  it("lists every segment of the plan", () => { expect(formatMediaPlaylist(PLAN, "720p")).to.equal(LITERAL); });
  it("gives audio the segments of the video", () => { expect(formatMediaPlaylist(PLAN, "audio")).to.equal(LITERAL); });

  it("refuses a rendition that is not in the plan", () => {
    expect(() => formatMediaPlaylist(PLAN, "1080p")).to.throw("no such rendition").with.property("type", "segment_not_found");
  });

  it("never drifts, and never has a segment over the target duration", () => {
    const plans = fc.tuple(fc.integer({ min: 1, max: 240_000 }), fc.array(fc.integer({ min: 1, max: 2_000_000 }), { minLength: 1, maxLength: 200 }));
    fc.assert(fc.property(plans, ([timescale, lengths]) => {
      const boundaries = [0];
      for (const length of lengths) boundaries.push((boundaries.at(-1) ?? 0) + length);
      const text = formatMediaPlaylist({ ...PLAN, timescale, boundaries }, "source");
      const target = Number(/TARGETDURATION:(\d+)/.exec(text)?.[1]);
      const micros = [...text.matchAll(/#EXTINF:(\d+)\.(\d{6}),/g)].map(([, whole, part]) => BigInt(whole ?? 0) * 1_000_000n + BigInt(part ?? 0));
      expect(micros).to.have.length(lengths.length);
      const total = micros.reduce((sum, duration) => sum + duration, 0n);
      expect(total).to.equal((BigInt(boundaries.at(-1) ?? 0) * 1_000_000n) / BigInt(timescale));
      expect(micros.every((duration) => Math.round(Number(duration) / 1e6) <= target)).to.equal(true);
    }), { numRuns: 50 });
  });
});
