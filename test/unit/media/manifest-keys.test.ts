import { expect } from "chai";
import { formatManifest } from "../../../media/dash/manifest.ts";
import { formatKeyFramePlaylist, formatMasterPlaylist, formatMediaPlaylist, formatSubtitlePlaylist } from "../../../media/hls/playlists.ts";
import { planOf } from "../../../media/plan-video.ts";
import { codecsUnder } from "../../../media/protection.ts";
import { makeFacts } from "../../support/sample-facts.ts";
import { stagedPlan } from "../../support/staged-plan.ts";

const PLAN = stagedPlan(4);
const IV = Buffer.from("0f0e0d0c0b0a09080706050403020100", "hex");
const KEY_ID = Buffer.from("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "hex");
const WHOLE = { protection: "aes-128" } as const;
const SAMPLES = { protection: "cbcs", iv: IV } as const;
/** Lines that a playlist has more than the plain one. */
const added = (plain: string, text: string): string[] => {
  const known = new Set(plain.split("\n"));
  const lines = text.split("\n").filter((line) => !known.has(line));
  expect(text.split("\n").filter((line) => !lines.includes(line)).join("\n")).to.equal(plain);
  return lines;
};

describe("playlists of protected videos", () => {
  it("name the key behind the init segment, which is not encrypted as a whole: AES-128, by media sequence number", () => {
    expect(formatMediaPlaylist(PLAN, "source", WHOLE)).to.equal(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init.mp4"
#EXT-X-KEY:METHOD=AES-128,URI="../key"
#EXTINF:2.000000,
0.m4s
#EXTINF:2.000000,
1.m4s
#EXT-X-ENDLIST
`);
    expect(added(formatKeyFramePlaylist(PLAN, "source"), formatKeyFramePlaylist(PLAN, "source", WHOLE))).to.deep.equal(['#EXT-X-KEY:METHOD=AES-128,URI="../key"']);
    expect(added(formatMasterPlaylist(PLAN), formatMasterPlaylist(PLAN, undefined, WHOLE))).to.deep.equal(['#EXT-X-SESSION-KEY:METHOD=AES-128,URI="key"']);
  });

  it("name it for players that have it by HTTP and for those that have it by ClearKey: cbcs, with the constant IV", () => {
    const keys = [
      '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="../key",IV=0x0f0e0d0c0b0a09080706050403020100,KEYFORMAT="identity",KEYFORMATVERSIONS="1"',
      '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="../license",IV=0x0f0e0d0c0b0a09080706050403020100,KEYFORMAT="org.w3.clearkey",KEYFORMATVERSIONS="1"',
    ];
    for (const format of [formatMediaPlaylist, formatKeyFramePlaylist]) expect(added(format(PLAN, "source"), format(PLAN, "source", SAMPLES))).to.deep.equal(keys);
    expect(formatMediaPlaylist(PLAN, "audio", SAMPLES)).to.contain(`#EXT-X-MAP:URI="init.mp4"\n${keys.join("\n")}\n#EXTINF`);
    expect(added(formatMasterPlaylist(PLAN), formatMasterPlaylist(PLAN, undefined, SAMPLES))).to.deep.equal([
      '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="license",IV=0x0f0e0d0c0b0a09080706050403020100,KEYFORMAT="org.w3.clearkey",KEYFORMATVERSIONS="1"',
    ]);
  });

  it("have nothing absolute in them", () => {
    for (const playing of [WHOLE, SAMPLES]) {
      for (const text of [formatMasterPlaylist(PLAN, undefined, playing), formatMediaPlaylist(PLAN, "source", playing), formatKeyFramePlaylist(PLAN, "source", playing)]) expect(text).to.not.match(/URI="(\/|[a-z]+:)/);
    }
  });

  it("leave captions alone: they are not encrypted", () => {
    expect(formatSubtitlePlaylist(planOf({ ...makeFacts(), subtitles: [{ index: 0, codec: "subrip" }] }), "sub")).to.not.contain("KEY");
  });
});

describe("manifest of a video under cbcs", () => {
  it("says so of every set but captions', with the key's id, and is otherwise the plain one", () => {
    const plan = planOf({ ...makeFacts(), subtitles: [{ index: 0, codec: "subrip" }] });
    const [plain, secret] = [formatManifest(plan), formatManifest(plan, undefined, KEY_ID)];
    const protection = [
      '      <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cbcs" cenc:default_KID="a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf"/>',
      '      <ContentProtection schemeIdUri="urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e" value="ClearKey1.0"/>', "",
    ].join("\n");
    expect(secret.split(protection).length - 1).to.equal((plain.match(/<AdaptationSet/g)?.length ?? 0) - 1);
    expect(/contentType="text"[^]*?<\/AdaptationSet>/.exec(secret)?.[0]).to.not.contain("ContentProtection");
    expect(secret.replaceAll(protection, "").replace(' xmlns:cenc="urn:mpeg:cenc:2013"', "")).to.equal(plain);
  });
});

describe("codecs under a protection", () => {
  it("are H.264 alone where samples are encrypted, and otherwise as the setting says", () => {
    expect(codecsUnder("cbcs", ["hevc", "av1"])).to.deep.equal(["h264"]);
    for (const protection of ["none", "aes-128"] as const) expect(codecsUnder(protection, ["h264", "av1"])).to.deep.equal(["h264", "av1"]);
  });
});
