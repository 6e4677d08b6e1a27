/**
 * The DASH manifest (ISO/IEC 23009-1:2022), complete from the plan alone like the HLS playlists, of the same init and media
 * segments. Times are those of the segments: an init segment's edit list is applied by whoever reads the segment
 * (CMAF, ISO/IEC 23000-19 7.5.13), so that a presentationTimeOffset for it would take the reorder delay twice.
 *
 *   formatManifest(plan, measured?, keyId?) → string   `measured`: the bandwidths of renditions that are complete; `keyId`: of
 *                                                      media that are encrypted by `cbcs`
 */
import { bandwidthOf, type Measured } from "../bandwidth.ts";
import { CENC_NAMESPACE, contentProtection } from "./content-protection.ts";
import type { AudioRendition, Plan, Rendition, SubtitleRendition, VideoRendition } from "../plan.ts";
import { rational, type Rational } from "../rational.ts";
import { nameTracks, type NamedTrack } from "../track-names.ts";
import { trickRendition } from "../trick-play.ts";
import { inOrderOfStart } from "../start-order.ts";
import { segmentTimes } from "./segment-times.ts";
import { element, formatDocument, type Element } from "./xml.ts";

const PROFILES = "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019";
const ROLE = "urn:mpeg:dash:role:2011";
const CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
const TRICK_MODE = "http://dashif.org/guidelines/trickmode";
/** What a player gathers before it begins, at a line as fast as the bandwidth: one of the short segments at the start. */
const MIN_BUFFER = "PT2S";
/** Text is so little that players want some figure, not which. */
const TEXT_BANDWIDTH = 1_000;

export function formatManifest(plan: Plan, measured?: Measured, keyId?: Uint8Array): string {
  const videoId = 1;
  const trick = trickRendition(plan);
  const [first = [], ...others] = byCodec(inOrderOfStart(plan));
  const secret = contentProtection(keyId);
  const [audio, subtitles] = [nameTracks(plan.audio, "Audio"), nameTracks(plan.subtitles, "Captions")];
  return formatDocument(element("MPD", {
    xmlns: "urn:mpeg:dash:schema:mpd:2011", "xmlns:cenc": keyId === undefined ? undefined : CENC_NAMESPACE, profiles: PROFILES, type: "static", mediaPresentationDuration: formatDuration(plan), minBufferTime: MIN_BUFFER,
  }, element("Period", { id: "0", start: "PT0S" },
    videoSet(plan, videoId, first, measured, secret),
    ...audio.map((track, index) => audioSet(plan, videoId + 1 + index, track, measured, secret)),
    ...subtitles.map((track, index) => textSet(videoId + 1 + audio.length + index, track)),
    ...(trick === undefined ? [] : [trickSet(plan, videoId + 1 + audio.length + subtitles.length, trick, videoId, measured, secret)]),
    ...others.map((video, index) => videoSet(plan, videoId + 2 + audio.length + subtitles.length + index, video, measured, secret)),
  )));
}

/** A player changes from one representation of an AdaptationSet to another without a new decoder: each codec has its own. */
function byCodec(video: readonly VideoRendition[]): VideoRendition[][] {
  const codecs = [...new Set(video.map(({ codec }) => codec))];
  return codecs.map((codec) => video.filter((rendition) => rendition.codec === codec));
}

function videoSet(plan: Plan, id: number, video: readonly VideoRendition[], measured: Measured | undefined, secret: readonly Element[]): Element {
  const { facts } = plan;
  const most = (size: (rendition: VideoRendition) => number): number => Math.max(...video.map(size));
  const par = rational(facts.video.displayWidth, facts.video.displayHeight);
  return element("AdaptationSet", {
    id, contentType: "video", mimeType: "video/mp4", segmentAlignment: "true", startWithSAP: 1, maxWidth: most(({ width }) => width), maxHeight: most(({ height }) => height),
    maxFrameRate: formatRate(fastest(video.map(({ frameRate }) => frameRate))), par: `${par.num}:${par.den}`,
  }, ...secret, role("main"), videoTemplate(plan, "$RepresentationID$"), ...video.map((rendition) => representation(rendition, rendition.name, measured)));
}

function audioSet(plan: Plan, id: number, { track, name, language }: NamedTrack<AudioRendition>, measured: Measured | undefined, secret: readonly Element[]): Element {
  return element("AdaptationSet", { id, contentType: "audio", mimeType: "audio/mp4", lang: language, segmentAlignment: "true", startWithSAP: 1 },
    ...secret,
    element("Label", {}, name),
    role(track.track === plan.audio[0]?.track ? "main" : "alternate"),
    segmentTemplate(plan, track, { initialization: "$RepresentationID$/init.mp4", media: "$RepresentationID$/$Number$.m4s" }),
    element("Representation", { id: track.name, codecs: track.codecs, bandwidth: bandwidthOf(track, measured).peak, audioSamplingRate: track.sampleRate },
      element("AudioChannelConfiguration", { schemeIdUri: CHANNELS, value: track.channels })));
}

/** The whole as one file: an AdaptationSet without a template. */
function textSet(id: number, { track, name, language }: NamedTrack<SubtitleRendition>): Element {
  return element("AdaptationSet", { id, contentType: "text", mimeType: "text/vtt", lang: language },
    element("Label", {}, name),
    role("subtitle"),
    element("Representation", { id: track.name, bandwidth: TEXT_BANDWIDTH }, element("BaseURL", {}, `subs/${track.name}.vtt`)));
}

/** DASH-IF IOP 4.3, 3.2.9: key frames alone, each as long as its segment, of the AdaptationSet named. */
function trickSet(plan: Plan, id: number, rendition: VideoRendition, of: number, measured: Measured | undefined, secret: readonly Element[]): Element {
  return element("AdaptationSet", { id, contentType: "video", mimeType: "video/mp4", segmentAlignment: "true", startWithSAP: 1, codingDependency: "false" },
    ...secret,
    element("EssentialProperty", { schemeIdUri: TRICK_MODE, value: of }),
    segmentTemplate(plan, rendition, { initialization: `${rendition.name}/init.mp4`, media: `${rendition.name}/keys/$Number$.m4s` }),
    representation(rendition, `${rendition.name}-keys`, measured, slowest(plan)));
}

function videoTemplate(plan: Plan, folder: string): Element {
  const [first] = plan.video;
  const urls = { initialization: `${folder}/init.mp4`, media: `${folder}/$Number$.m4s` };
  return segmentTemplate(plan, first, urls);
}

/** All renditions of the picture have one timeline; it is said once. */
function segmentTemplate(plan: Plan, rendition: Rendition | undefined, urls: { initialization: string; media: string }): Element {
  const { timescale, times } = rendition === undefined ? { timescale: plan.timescale, times: plan.boundaries } : segmentTimes(plan, rendition);
  return element("SegmentTemplate", { timescale, ...urls, startNumber: 0 }, element("SegmentTimeline", {}, ...formatTimeline(times)));
}

/** Segments in a row that last as long as each other are one S (5.3.9.6.2). */
function formatTimeline(times: readonly number[]): Element[] {
  const runs: { start: number; length: number; count: number }[] = [];
  times.slice(1).forEach((end, n) => {
    const start = times[n] ?? 0;
    const length = Math.max(1, end - start);
    const run = runs.at(-1);
    if (run?.length === length) run.count++;
    else runs.push({ start, length, count: 1 });
  });
  return runs.map(({ start, length, count }, index) => element("S", { t: index === 0 ? start : undefined, d: length, r: count > 1 ? count - 1 : undefined }));
}

function representation(rendition: VideoRendition, id: string, measured: Measured | undefined, rate: Rational = rendition.frameRate): Element {
  const { codecs, width, height } = rendition;
  return element("Representation", { id, codecs, width, height, sar: "1:1", frameRate: formatRate(rate), bandwidth: bandwidthOf(rendition, measured).peak });
}

const role = (value: string): Element => element("Role", { schemeIdUri: ROLE, value });

const formatRate = ({ num, den }: Rational): string => (den === 1 ? String(num) : `${num}/${den}`);

function fastest(rates: readonly Rational[]): Rational {
  return rates.reduce((most, rate) => (rate.num * most.den > most.num * rate.den ? rate : most), { num: 0, den: 1 });
}

/** Key frames a second, on the whole. */
function slowest({ boundaries, timescale }: Plan): Rational {
  return rational((boundaries.length - 1) * timescale, boundaries.at(-1) ?? 1);
}

/** xs:duration, to the millisecond and never short of the last frame. */
function formatDuration({ boundaries, timescale }: Plan): string {
  const ms = Math.ceil(((boundaries.at(-1) ?? 0) * 1000) / timescale);
  return `PT${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, "0")}S`;
}
