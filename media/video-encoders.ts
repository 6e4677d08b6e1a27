/** The video encoders that may be used, by FFmpeg's names, and which of them encodes a rendition. Pure. */

export type VideoCodec = "h264" | "hevc" | "av1";

export interface EncoderFacts {
  codec: VideoCodec;
  /** Runs on a graphics card. */
  hardware: boolean;
  /** What to add to x264's CRF for the same quality, where the encoder knows constant quality. */
  qualityShift?: number;
  /** Said before the inputs. */
  inputOptions?: readonly string[];
  /** Filters that take a picture to the encoder, after all others. */
  filters?: readonly string[];
}

const VAAPI = { hardware: true, inputOptions: ["-vaapi_device", "/dev/dri/renderD128"], filters: ["format=nv12", "hwupload"] } as const;
const QSV = { hardware: true, filters: ["format=nv12"] } as const;

/**
 * By FFmpeg's names. For each codec the best comes first: graphics cards free the processor. The software encoders'
 * quality is measured on slides at 720p and a film at 352p, by SSIM: x265 at 26 takes 0.98 and 0.68 of x264's bits at
 * 23 (SSIM +0.0004 and −0.0018), SVT-AV1 at 40 takes 0.84 and 0.59 (+0.0008 and +0.0005). NVENC's is not measured.
 */
export const VIDEO_ENCODERS = {
  h264_nvenc: { codec: "h264", hardware: true, qualityShift: 3 },
  h264_qsv: { codec: "h264", ...QSV },
  h264_vaapi: { codec: "h264", ...VAAPI },
  libx264: { codec: "h264", hardware: false },
  hevc_nvenc: { codec: "hevc", hardware: true, qualityShift: 5 },
  hevc_qsv: { codec: "hevc", ...QSV },
  hevc_vaapi: { codec: "hevc", ...VAAPI },
  libx265: { codec: "hevc", hardware: false, qualityShift: 3 },
  av1_nvenc: { codec: "av1", hardware: true, qualityShift: 11 },
  libsvtav1: { codec: "av1", hardware: false, qualityShift: 17 },
} as const satisfies Record<string, EncoderFacts>;

export type VideoEncoder = keyof typeof VIDEO_ENCODERS;

/** The processor, or a kind of graphics card by its interface. */
export type EncoderKind = "software" | "nvenc" | "qsv" | "vaapi";

/** What encodes in a mesh, the same on every node: `codecs` of all rungs, by `kind` above the lowest. */
export interface EncoderChoice { kind: EncoderKind; codecs: readonly VideoCodec[] }

const SOFTWARE_ENCODERS: Readonly<Record<VideoCodec, VideoEncoder>> = { h264: "libx264", hevc: "libx265", av1: "libsvtav1" };

/** The processor's, where the card has none for the codec. */
export function encoderFor(codec: VideoCodec, kind: EncoderKind): VideoEncoder {
  const card = `${codec}_${kind}`;
  return isVideoEncoder(card) ? card : SOFTWARE_ENCODERS[codec];
}

const isVideoEncoder = (name: string): name is VideoEncoder => Object.hasOwn(VIDEO_ENCODERS, name);

/** Of a rendition. */
interface Encoded { codec: VideoCodec; encoder?: VideoEncoder }

/** What encodes a rendition. */
export const encoderOf = ({ codec, encoder }: Encoded): VideoEncoder => encoder ?? SOFTWARE_ENCODERS[codec];

/** Whether one of them runs on a graphics card. */
export const needsCard = (renditions: readonly Encoded[]): boolean => renditions.some((rendition) => VIDEO_ENCODERS[encoderOf(rendition)].hardware);
