import { expect } from "chai";
import * as fc from "fast-check";
import { formatManifest } from "../../../media/dash/manifest.ts";
import { segmentTimes } from "../../../media/dash/segment-times.ts";
import { planOf } from "../../../media/plan-video.ts";
import type { AudioRendition, Plan } from "../../../media/plan.ts";
import { AUDIO, makeFacts, probedFacts } from "../../support/sample-facts.ts";
import { stagedPlan } from "../../support/staged-plan.ts";
import { parseXml, textOf, type XmlElement } from "../../support/xml.ts";

const TWO_LANGUAGES: Plan = planOf({
  ...makeFacts(),
  audio: [{ ...AUDIO, language: "eng" }, { ...AUDIO, index: 1, codec: "ac3", codecString: "ac-3", channels: 6, language: "deu", title: "Übersetzung & <mehr>" }],
  subtitles: [{ index: 0, codec: "subrip", language: "eng" }],
});

describe("DASH manifest", () => {
  it("gives each codec of the picture a set of its own: a player does not change codecs on the way", () => {
    const mpd = formatManifest(planOf(makeFacts(), ["h264", "hevc"]));
    const sets = [...mpd.matchAll(/<AdaptationSet id="(\d+)" contentType="video".*?<\/AdaptationSet>/gs)].map(([set, id]) => `${id}: ${[...set.matchAll(/<Representation id="([^"]+)"/g)].map((match) => match[1]).join(" ")}`);
    expect(sets).to.deep.equal(["1: source 360p 720p", "3: source-keys", "4: 360p-hevc 720p-hevc"]);
  });

  it("offers the same segments as HLS: one set for the picture, one for each sound, captions, key frames", () => {
    expect(formatManifest(TWO_LANGUAGES)).to.equal(`<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019" type="static" mediaPresentationDuration="PT10.000S" minBufferTime="PT2S">
  <Period id="0" start="PT0S">
    <AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1" maxWidth="1920" maxHeight="1080" maxFrameRate="25" par="16:9">
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <SegmentTemplate timescale="12800" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s" startNumber="0">
        <SegmentTimeline>
          <S t="0" d="25600" r="1"/>
          <S d="51200"/>
          <S d="25600"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="source" codecs="avc1.640028" width="1920" height="1080" sar="1:1" frameRate="25" bandwidth="4000000"/>
      <Representation id="360p" codecs="avc1.64001e" width="640" height="360" sar="1:1" frameRate="25" bandwidth="1000000"/>
      <Representation id="720p" codecs="avc1.64001f" width="1280" height="720" sar="1:1" frameRate="25" bandwidth="3500000"/>
    </AdaptationSet>
    <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
      <Label>English</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <SegmentTemplate timescale="48000" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s" startNumber="0">
        <SegmentTimeline>
          <S t="0" d="96256" r="1"/>
          <S d="191488"/>
          <S d="96000"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="audio" codecs="mp4a.40.2" bandwidth="140800" audioSamplingRate="48000">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="3" contentType="audio" mimeType="audio/mp4" lang="de" segmentAlignment="true" startWithSAP="1">
      <Label>Übersetzung &amp; &lt;mehr&gt;</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="alternate"/>
      <SegmentTemplate timescale="48000" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s" startNumber="0">
        <SegmentTimeline>
          <S t="0" d="96256" r="1"/>
          <S d="191488"/>
          <S d="96256"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="audio-1" codecs="mp4a.40.2" bandwidth="140800" audioSamplingRate="48000">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="4" contentType="text" mimeType="text/vtt" lang="en">
      <Label>English</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
      <Representation id="sub" bandwidth="1000">
        <BaseURL>subs/sub.vtt</BaseURL>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="5" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1" codingDependency="false">
      <EssentialProperty schemeIdUri="http://dashif.org/guidelines/trickmode" value="1"/>
      <SegmentTemplate timescale="12800" initialization="source/init.mp4" media="source/keys/$Number$.m4s" startNumber="0">
        <SegmentTimeline>
          <S t="0" d="25600" r="1"/>
          <S d="51200"/>
          <S d="25600"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="source-keys" codecs="avc1.640028" width="1920" height="1080" sar="1:1" frameRate="2/5" bandwidth="4000000"/>
    </AdaptationSet>
  </Period>
</MPD>
`);
  });

  it("says fractions of a frame rate as they are, and how long the last frame lasts", () => {
    const manifest = parseXml(formatManifest(planOf(makeFacts({ audio: null, video: { frameRate: { num: 30_000, den: 1001 }, timescale: 30_000, keyFrames: [0, 60_060], end: 100_101, displayWidth: 853, displayHeight: 480 } }))));
    const [set] = all(manifest, "AdaptationSet");
    expect(manifest.attributes["mediaPresentationDuration"]).to.equal("PT3.337S");
    expect(set?.attributes).to.include({ maxFrameRate: "30000/1001", par: "853:480" });
  });

  it("tells the measured peak of what is complete", () => {
    const manifest = parseXml(formatManifest(stagedPlan(20), new Map([["360p", { peak: 77, average: 70 }]])));
    expect(all(manifest, "Representation").map(({ attributes }) => `${attributes["id"]} ${attributes["bandwidth"]}`)).to.include("360p 77");
  });

  it("keeps to the schema, whatever the source says", () => {
    const text = fc.string({ unit: fc.constantFrom(..."a-'&<>\"\r\n\t\0\u0085\u2028\ud800\ufffeé😀"), maxLength: 12 });
    const tracks = fc.array(fc.record({ language: fc.oneof(text, fc.constantFrom("eng", "de", "und")), title: text }), { maxLength: 4 });
    fc.assert(fc.property(tracks, tracks, fc.boolean(), (sounds, texts, probed) => {
      const facts = (probed ? probedFacts : makeFacts)();
      const plan = planOf({ ...facts, audio: sounds.map((track, index) => ({ ...AUDIO, ...track, index })), subtitles: texts.map((track, index) => ({ index, codec: "ass", ...track })) });
      const manifest = parseXml(formatManifest(plan));
      checkOrder(manifest);
      const sets = all(manifest, "AdaptationSet");
      expect(sets).to.have.length(2 + sounds.length + texts.length);
      expect(new Set(sets.map(({ attributes }) => attributes["id"])).size).to.equal(sets.length);
      const ids = all(manifest, "Representation").map(({ attributes }) => attributes["id"]);
      expect(new Set(ids).size).to.equal(ids.length);
      for (const { attributes } of sets) if (attributes["lang"] !== undefined) expect(attributes["lang"]).to.match(/^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/); // xs:language
      for (const label of all(manifest, "Label")) expect(textOf(label)).to.not.equal("");
      for (const timeline of all(manifest, "SegmentTimeline")) expect(segmentsOf(timeline)).to.equal(plan.boundaries.length - 1);
    }), { numRuns: 60 });
  });
});

describe("segment times", () => {
  const audio = (plan: Plan): AudioRendition => {
    const [first] = plan.audio;
    if (first === undefined) throw new Error("the plan has no sound");
    return first;
  };

  it("of a repackaged sound are those of its packets", () => {
    const plan = planOf(makeFacts({ originTicks: 0, audio: { start: 500, end: 480_500 } }));
    const { times } = segmentTimes(plan, audio(plan));
    expect(times).to.deep.equal([500, 500 + 94 * 1024, 500 + 188 * 1024, 500 + 375 * 1024, 480_000]);
    for (const [n, time] of times.slice(0, -1).entries()) expect(time).to.be.at.least(((plan.boundaries[n] ?? 0) * 48_000) / 12_800);
  });

  it("of a sound that begins late and ends early are on its grid of frames all along", () => {
    const plan = planOf(makeFacts({ audio: { start: 110_000, end: 300_000 } }));
    expect(segmentTimes(plan, audio(plan)).times).to.deep.equal([110_000 - 107 * 1024, 110_000 - 13 * 1024, 110_000 + 81 * 1024, 110_000 + 268 * 1024, 480_000]);
  });
});

function all(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => typeof child === "string" ? [] : [...(child.name === name ? [child] : []), ...all(child, name)]);
}

function segmentsOf(timeline: XmlElement): number {
  return all(timeline, "S").reduce((sum, { attributes }) => {
    expect(Number(attributes["d"])).to.be.above(0);
    return sum + 1 + Number(attributes["r"] ?? 0);
  }, 0);
}

/** Children in the order of the schema (ISO/IEC 23009-1:2022 annex B), and attributes that it knows. */
const SCHEMA: Record<string, { children: string[]; attributes: string[] }> = {
  MPD: { children: ["Period"], attributes: ["xmlns", "profiles", "type", "mediaPresentationDuration", "minBufferTime"] },
  Period: { children: ["AdaptationSet"], attributes: ["id", "start"] },
  AdaptationSet: {
    children: ["AudioChannelConfiguration", "EssentialProperty", "Label", "Role", "SegmentTemplate", "Representation"],
    attributes: ["id", "contentType", "mimeType", "lang", "segmentAlignment", "startWithSAP", "maxWidth", "maxHeight", "maxFrameRate", "par", "codingDependency"],
  },
  Representation: { children: ["AudioChannelConfiguration", "BaseURL"], attributes: ["id", "codecs", "width", "height", "sar", "frameRate", "bandwidth", "audioSamplingRate"] },
  SegmentTemplate: { children: ["SegmentTimeline"], attributes: ["timescale", "initialization", "media", "startNumber"] },
  SegmentTimeline: { children: ["S"], attributes: [] },
  S: { children: [], attributes: ["t", "d", "r"] },
  Label: { children: [], attributes: [] },
  BaseURL: { children: [], attributes: [] },
};
const DESCRIPTOR = { children: [], attributes: ["schemeIdUri", "value"] };

function checkOrder(element: XmlElement): void {
  const { children, attributes } = SCHEMA[element.name] ?? DESCRIPTOR;
  expect(attributes, element.name).to.include.members(Object.keys(element.attributes));
  const inner = element.children.filter((child) => typeof child !== "string");
  const ranks = inner.map(({ name }) => children.indexOf(name));
  expect(ranks, element.name).to.deep.equal(ranks.toSorted((a, b) => a - b));
  if (inner.length > 0) expect(Math.min(...ranks), element.name).to.be.at.least(0);
  inner.forEach(checkOrder);
}
