/** ffprobe, for containers without an index that we read: its output parsed into facts. */
import { errorMessage } from "../../config/errors.ts";
import type { AudioFacts, Facts, SubtitleFacts, VideoFacts } from "../../media/facts.ts";
import { TEXT_CODECS } from "../../media/ffmpeg/caption-arguments.ts";
import { parseFrameRate } from "../../media/frame-rate.ts";
import { execGuest, type ExecResult } from "../../mixins/exec-guest.ts";
import type { Guest } from "../../mixins/guest.ts";

export type ProbeOutcome = { outcome: "facts"; facts: Facts } | { outcome: "no_video" } | { outcome: "unsupported_codec"; codec: string } | { outcome: "too_large"; width: number; height: number } | { outcome: "encrypted" } | { outcome: "unreadable"; message: string };

const TIMEOUT_MS = 15_000;
const MAX_TITLE = 200;

/** `url` is one of the node's own source door. */
export async function probe(url: string, size: number, guest: Guest): Promise<ProbeOutcome> {
  const args = [
    ...guest.start("ffprobe", url), "-v", "error", "-hide_banner", ...guest.guard(url),
    "-show_entries", "format:stream:stream_disposition:stream_tags=language,title,rotate:stream_side_data=rotation", "-of", "json", "-i", url,
  ];
  return readAnswer(await execGuest(args, { timeoutMs: TIMEOUT_MS }), size);
}

function readAnswer({ stdout, stderr, fault }: ExecResult, size: number): ProbeOutcome {
  const refused = /Codec \((\w+)\) not on whitelist/.exec(stderr)?.[1];
  if (refused !== undefined && fault !== undefined) return { outcome: "unsupported_codec", codec: refused };
  const [, width, height] = /Picture size (\d+)x(\d+) exceeds/.exec(stderr) ?? [];
  // ffprobe then knows no size, and the stream looks like none.
  if (width !== undefined && height !== undefined) return { outcome: "too_large", width: Number(width), height: Number(height) };
  const unreadable = { outcome: "unreadable", message: fault === "too_long" ? "it took too long" : "ffprobe cannot read it" } as const;
  if (fault !== undefined && stdout.toString().trim() === "") return unreadable;
  try {
    const result = parseProbe(JSON.parse(stdout.toString()), size);
    return fault !== undefined && result.outcome === "no_video" ? unreadable : result;
  } catch (parseError) {
    return { outcome: "unreadable", message: errorMessage(parseError) };
  }
}

/** The fields of ffprobe's JSON that are used. Everything may be missing. */
interface ProbeStream {
  codec_type?: string; codec_name?: string; codec_tag_string?: string; width?: number; height?: number; sample_aspect_ratio?: string; pix_fmt?: string;
  r_frame_rate?: string; avg_frame_rate?: string; time_base?: string; start_time?: string; duration?: string; bit_rate?: string;
  sample_rate?: string; channels?: number; color_transfer?: string; color_space?: string; field_order?: string;
  disposition?: { attached_pic?: number }; tags?: { language?: string; title?: string }; side_data_list?: { rotation?: number }[];
}
interface ProbeResult { streams?: ProbeStream[]; format?: { format_name?: string; start_time?: string; duration?: string; bit_rate?: string } }

export function parseProbe(value: unknown, size: number): ProbeOutcome {
  if (typeof value !== "object" || value === null) return { outcome: "unreadable", message: "ffprobe says nothing of it" };
  const { streams = [], format = {} } = value as ProbeResult;
  if (!Array.isArray(streams)) return { outcome: "unreadable", message: "ffprobe says nothing of its streams" };
  if (streams.some((s) => s.codec_tag_string === "encv" || s.codec_tag_string === "enca")) return { outcome: "encrypted" };
  const videos = streams.filter((s) => s.codec_type === "video");
  const index = videos.findIndex((s) => s.disposition?.attached_pic !== 1 && (s.width ?? 0) > 0 && (s.height ?? 0) > 0 && s.codec_name !== undefined);
  const video = videos[index];
  if (video === undefined) return videos.some((s) => s.codec_name === undefined) ? { outcome: "unsupported_codec", codec: videos[0]?.codec_tag_string ?? "" } : { outcome: "no_video" };
  const durationSec = number(video.duration) ?? number(format.duration);
  if (durationSec === undefined || durationSec <= 0) return { outcome: "unreadable", message: "it does not say how long it is" };
  const audio = streams.filter((s) => s.codec_type === "audio").flatMap((s, track) =>
    (s.channels ?? 0) > 0 && (number(s.sample_rate) ?? 0) > 0 && s.codec_name !== undefined ? [readAudio(s, track, durationSec)] : []);
  const videoFacts = readVideo(video, index, durationSec, number(format.bit_rate) ?? (size * 8) / durationSec);
  if (!Number.isSafeInteger(videoFacts.start) || !Number.isSafeInteger(videoFacts.end)) return { outcome: "unreadable", message: "its times are beyond counting" };
  return {
    outcome: "facts",
    facts: {
      size, container: (format.format_name ?? "unknown").split(",")[0] ?? "unknown", reader: "probe", video: videoFacts,
      audio, subtitles: readSubtitles(streams),
      originTicks: videoFacts.start,
    },
  };
}

function readVideo(stream: ProbeStream, index: number, durationSec: number, bitrate: number): VideoFacts {
  const timescale = ticksPerSecond(stream.time_base);
  const start = Math.round((number(stream.start_time) ?? 0) * timescale);
  const [width, height] = [stream.width ?? 0, stream.height ?? 0];
  const [sarNum, sarDen] = (stream.sample_aspect_ratio ?? "1:1").split(":").map(Number);
  const aspect = sarNum !== undefined && sarDen !== undefined && sarNum > 0 && sarDen > 0 ? sarNum / sarDen : 1;
  const rotation = normalizeRotation(stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0);
  const shown: [number, number] = [Math.max(1, Math.round(width * aspect)), height];
  const [displayWidth, displayHeight] = rotation % 180 === 0 ? shown : [shown[1], shown[0]];
  return {
    index, codec: stream.codec_name ?? "", timescale, start, end: start + Math.round(durationSec * timescale),
    width, height, displayWidth, displayHeight, rotation, mirrored: false,
    frameRate: parseFrameRate(stream.avg_frame_rate ?? "") ?? parseFrameRate(stream.r_frame_rate ?? "") ?? { num: 25, den: 1 },
    bitrate: Math.round(number(stream.bit_rate) ?? bitrate),
    ...(stream.pix_fmt === undefined ? {} : { pixelFormat: stream.pix_fmt }),
    hdr: stream.color_transfer === "smpte2084" || stream.color_transfer === "arib-std-b67",
    interlaced: ["tt", "bb", "tb", "bt"].includes(stream.field_order ?? ""),
    ...(isMatrixSaid(stream) ? {} : { matrixUnsaid: true }),
    keyFrames: [], splitFrames: [], openGop: false,
  };
}

/** VP8 has one matrix, whatever its size (RFC 6386 9.2). */
function isMatrixSaid({ codec_name: codec, color_space: matrix = "unknown" }: ProbeStream): boolean {
  return codec === "vp8" || matrix !== "unknown";
}

function readAudio(stream: ProbeStream, index: number, durationSec: number): AudioFacts {
  const sampleRate = number(stream.sample_rate) ?? 48_000;
  const start = Math.round((number(stream.start_time) ?? 0) * sampleRate);
  return {
    index, codec: stream.codec_name ?? "", timescale: sampleRate, start, end: start + Math.round((number(stream.duration) ?? durationSec) * sampleRate),
    sampleRate, channels: stream.channels ?? 2, bitrate: Math.round(number(stream.bit_rate) ?? 128_000),
    ...described(stream.tags),
  };
}

/** Those of text; their places count those of pictures too. */
function readSubtitles(streams: readonly ProbeStream[]): SubtitleFacts[] {
  return streams.filter((stream) => stream.codec_type === "subtitle").flatMap(({ codec_name: codec = "", tags }, index) =>
    TEXT_CODECS.has(codec) ? [{ index, codec, ...described(tags) }] : []);
}

function described(tags: ProbeStream["tags"]): { language?: string; title?: string } {
  const { language, title } = tags ?? {};
  return {
    ...(language !== undefined && /^[a-z]{2,3}$/.test(language) && language !== "und" ? { language } : {}),
    ...(title === undefined || title === "" ? {} : { title: title.slice(0, MAX_TITLE) }),
  };
}

function number(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
}

function ticksPerSecond(timeBase: string | undefined): number {
  const [num, den] = (timeBase ?? "").split("/").map(Number);
  return num === 1 && den !== undefined && den > 0 ? den : 90_000;
}

/** ffprobe counts anticlockwise turns; facts have clockwise ones. */
function normalizeRotation(degrees: number): 0 | 90 | 180 | 270 {
  const quarter = ((Math.round(-degrees / 90) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[quarter] ?? 0;
}
