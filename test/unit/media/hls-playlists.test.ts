import { expect } from "chai";
import * as fc from "fast-check";
import { formatKeyFramePlaylist, formatMasterPlaylist, formatMediaPlaylist, formatSubtitlePlaylist } from "../../../media/hls/playlists.ts";
import type { AudioRendition, Plan, VideoRendition } from "../../../media/plan.ts";

const SOURCE: VideoRendition = {
  kind: "video", name: "source", mode: "repackage", codec: "h264", codecs: "avc1.640028", width: 1920, height: 1080, frameRate: { num: 30_000, den: 1001 },
  bandwidth: 3_200_000, averageBandwidth: 2_000_000,
};
const encode = (height: number, width: number, bandwidth: number): VideoRendition => ({
  kind: "video", name: `${height}p`, mode: "encode", codec: "h264", codecs: "avc1.4d401f", width, height, frameRate: { num: 25, den: 1 }, bandwidth, averageBandwidth: bandwidth * 0.8,
});
const AUDIO: AudioRendition = { kind: "audio", name: "audio", track: 0, mode: "encode", codecs: "mp4a.40.2", sampleRate: 48_000, channels: 2, language: "en", bandwidth: 128_000 };

const PLAN: Plan = {
  version: 2,
  facts: {
    size: 1, container: "mp4", reader: "index", originTicks: 0, audio: [], subtitles: [],
    video: {
      index: 0, codec: "h264", timescale: 30_000, start: 0, end: 300_300, width: 1920, height: 1080, displayWidth: 1920, displayHeight: 1080, rotation: 0, mirrored: false,
      frameRate: { num: 30_000, den: 1001 }, bitrate: 2_000_000, hdr: false, interlaced: false, keyFrames: [0], splitFrames: [], openGop: false,
    },
  },
  cut: "source",
  timescale: 30_000,
  boundaries: [0, 60_060, 120_120, 240_240, 300_300],
  video: [SOURCE, encode(720, 1280, 2_500_000), encode(360, 640, 700_000)],
  audio: [AUDIO],
  subtitles: [],
};

describe("master playlist", () => {
  it("offers a moderate source first and the encodes by bandwidth, with audio apart", () => {
    expect(formatMasterPlaylist(PLAN)).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/media.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3340800,AVERAGE-BANDWIDTH=2128000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=29.970,AUDIO="audio",CLOSED-CAPTIONS=NONE
source/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=840800,AVERAGE-BANDWIDTH=688000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio",CLOSED-CAPTIONS=NONE
360p/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2640800,AVERAGE-BANDWIDTH=2128000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000,AUDIO="audio",CLOSED-CAPTIONS=NONE
720p/media.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=3200000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.640028",RESOLUTION=1920x1080,URI="source/iframes.m3u8"
`);
  });

  it("offers the lightest encode first where the source is heavy, its key frames too, and no audio where there is none", () => {
    const silent: Plan = { ...PLAN, audio: [] };
    expect(formatMasterPlaylist({ ...silent, video: [{ ...SOURCE, bandwidth: 12_000_000 }, encode(720, 1280, 2_500_000), encode(360, 640, 700_000)] })).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=700000,AVERAGE-BANDWIDTH=560000,CODECS="avc1.4d401f",RESOLUTION=640x360,FRAME-RATE=25.000,CLOSED-CAPTIONS=NONE
360p/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.4d401f",RESOLUTION=1280x720,FRAME-RATE=25.000,CLOSED-CAPTIONS=NONE
720p/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=12000000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.640028",RESOLUTION=1920x1080,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE
source/media.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=700000,AVERAGE-BANDWIDTH=560000,CODECS="avc1.4d401f",RESOLUTION=640x360,URI="360p/iframes.m3u8"
`);
  });

  it("offers each language and each commentary by a name of its own, and captions", () => {
    const several: Plan = {
      ...PLAN, video: [SOURCE],
      audio: [
        { ...AUDIO, language: "eng", bandwidth: 96_000 },
        { ...AUDIO, name: "audio-1", track: 1, language: "deu", channels: 1, bandwidth: 64_000 },
        { ...AUDIO, name: "audio-2", track: 2, language: "eng", codecs: "mp4a.40.5" },
        { ...AUDIO, name: "audio-3", track: 3, language: "mul", title: "Floor" },
      ],
      subtitles: [{ name: "sub", track: 0, language: "eng" }, { name: "sub-1", track: 1, language: "eng", title: "SDH" }, { name: "sub-2", track: 2, language: "und" }],
    };
    expect(formatMasterPlaylist(several)).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/media.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="1",URI="audio-1/media.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English 2",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="audio-2/media.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Floor",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="audio-3/media.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subs/sub.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="SDH",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,URI="subs/sub-1.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="Captions",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subs/sub-2.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3340800,AVERAGE-BANDWIDTH=2128000,CODECS="avc1.640028,mp4a.40.2,mp4a.40.5",RESOLUTION=1920x1080,FRAME-RATE=29.970,AUDIO="audio",SUBTITLES="subs",CLOSED-CAPTIONS=NONE
source/media.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=3200000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.640028",RESOLUTION=1920x1080,URI="source/iframes.m3u8"
`);
  });

  it("says what was measured of renditions that are complete", () => {
    const measured = new Map([["source", { peak: 3_500_000, average: 1_900_000 }], ["audio", { peak: 99_000, average: 90_000 }]]);
    const rates = formatMasterPlaylist(PLAN, measured).split("\n").flatMap((line) => /^#EXT-X-(?:I-FRAME-)?STREAM-INF:BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)/.exec(line)?.slice(1).join("/") ?? []);
    expect(rates).to.deep.equal(["3599000/1990000", "799000/650000", "2599000/2090000", "3500000/1900000"]);
  });

  it("offers a heavy source alone when it is alone", () => {
    const text = formatMasterPlaylist({ ...PLAN, video: [{ ...SOURCE, bandwidth: 12_000_000 }] });
    expect(text.split("\n").filter((line) => line.endsWith(".m3u8"))).to.deep.equal(["source/media.m3u8"]);
  });

  it("passes no language on that is not a language tag", () => {
    for (const language of ['en"\n#EXT-X-EVIL', "und", "", "e", "en,fr", "zh-Hant-TW"]) {
      const [line] = formatMasterPlaylist({ ...PLAN, audio: [{ ...AUDIO, language }] }).split("\n").filter((text) => text.startsWith("#EXT-X-MEDIA"));
      expect(line?.includes("LANGUAGE")).to.equal(language === "zh-Hant-TW");
    }
  });

  it("has one line per line whatever the metadata holds", () => {
    const text = fc.string({ unit: fc.constantFrom(..."a-,=#\"\\\r\n\0\u0085\u2028\u2029é😀") });
    fc.assert(fc.property(text, text, text, (language, codecs, title) => {
      const lines = formatMasterPlaylist({ ...PLAN, audio: [{ ...AUDIO, language, codecs, title }], subtitles: [{ name: "sub", track: 0, language, title }] }).split(/[\r\n\u0085\u2028\u2029]/);
      expect(lines).to.have.length(13);
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

describe("key frame playlist", () => {
  it("lists one key frame a segment, as resources of their own", () => {
    expect(formatKeyFramePlaylist({ ...PLAN, boundaries: [0, 60_060, 180_180] }, "source")).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-I-FRAMES-ONLY
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.002000,
keys/0.m4s
#EXTINF:4.004000,
keys/1.m4s
#EXT-X-ENDLIST
`);
  });

  it("refuses what has no key frames", () => {
    for (const name of ["audio", "1080p"]) expect(() => formatKeyFramePlaylist(PLAN, name)).to.throw().with.property("type", "segment_not_found");
  });
});

describe("subtitle playlist", () => {
  it("is the whole as one segment", () => {
    const plan: Plan = { ...PLAN, subtitles: [{ name: "sub", track: 0 }] };
    expect(formatSubtitlePlaylist(plan, "sub")).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:10
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:10.010000,
sub.vtt
#EXT-X-ENDLIST
`);
    expect(() => formatSubtitlePlaylist(plan, "sub-1")).to.throw().with.property("type", "segment_not_found");
  });
});
