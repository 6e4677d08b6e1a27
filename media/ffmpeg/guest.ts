/** What every run of FFmpeg is told, because its input is a stranger's. Pure. */
import type { GuestInput } from "./sandbox.ts";

/** An FFmpeg command line: input options, input, output options; the output is standard output. */
export interface FfmpegArguments { input: string; inputOptions: string[]; outputOptions: string[] }

/** Containers that may be opened. Nothing that points elsewhere (hls, dash, concat, sdp), draws text (tty), or is a device. */
export const DEMUXERS = ["mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "mpegts", "mpeg", "mpegvideo", "avi", "flv", "ogg", "asf", "gif", "h264", "hevc", "wav", "mp3", "flac", "aac", "ac3", "amr"] as const;

/** Decoders that may run. MagicYUV (CVE-2026-8461) and the many that no lecture uses are not among them. */
export const DECODERS = [
  "h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1",
  "flv", "flv1", "h263", "h263p", "theora", "mjpeg", "prores", "dnxhd", "gif", "rawvideo", "cinepak", "qtrle", "svq1", "svq3", "dvvideo", "ffv1", "huffyuv", "utvideo",
  "aac", "aac_latm", "mp3", "mp3float", "mp2", "mp2float", "mp1", "ac3", "eac3", "opus", "libopus", "vorbis", "flac", "alac", "amrnb", "amrwb", "wmav1", "wmav2", "wmapro", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt",
  "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8", "pcm_s8", "pcm_mulaw", "pcm_alaw", "pcm_f64le", "pcm_s16be_planar", "nellymoser", "speex", "libspeex",
] as const;

/** And of text, where captions are taken out and nowhere else. */
export const TEXT_DECODERS = ["subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"] as const;

/** Pixels along a side: libx264 takes no more. */
export const MAX_SIDE = 16_384;
const MAX_ALLOC_BYTES = 512 * 1024 * 1024;

/** FFmpeg's own, said once, before the input. `-progress` tells the watchdog that something moves. */
export const GUEST_OPTIONS: readonly string[] = [
  "-nostdin", "-hide_banner", "-v", "error", "-nostats", "-progress", "pipe:2", "-stats_period", "0.5", "-max_alloc", String(MAX_ALLOC_BYTES),
];

/** The most that an input may have; the operator's settings. */
export interface InputLimits { maxPixels: number; maxStreams: number }

/** What may open an input; absent: what picture and sound need. */
export interface Allowed { demuxers?: readonly string[]; decoders?: readonly string[] }

const PROTOCOLS: Readonly<Record<GuestInput["kind"], string>> = { stdin: "pipe", door: "http,tcp", file: "file" };

/** Said to FFmpeg and to ffprobe before an input that is a stranger's. Whoever runs them says it, so that no run goes without. */
export function guardOptions(kind: GuestInput["kind"], { maxPixels, maxStreams }: InputLimits, { demuxers = DEMUXERS, decoders = DECODERS }: Allowed = {}): string[] {
  return [
    "-protocol_whitelist", PROTOCOLS[kind],
    "-format_whitelist", demuxers.join(","),
    "-codec_whitelist", decoders.join(","),
    "-max_streams", String(maxStreams),
    "-max_pixels", String(maxPixels),
  ];
}

/**
 * Fragmented MP4 on standard output: a fragment begins at each key frame and where half a second is full, its times are
 * the encoder's own. Without `cmaf`, which would move decode times behind the frames they belong to.
 */
export const FRAGMENTED_OUTPUT: readonly string[] = [
  "-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
  "-avoid_negative_ts", "disabled", "-muxdelay", "0", "-muxpreload", "0",
  "-movflags", "+frag_keyframe+empty_moov+default_base_moof+frag_discont", "-frag_duration", "500000", "-f", "mp4",
];
