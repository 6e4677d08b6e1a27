/**
 * With which settings a segment is made: anew with others where what was made is not good. None of them may change what
 * the init segment says of the stream (SPS and PPS), for all segments of a rendition share it. Pure.
 */

/**
 * `careful`: one thread, a thorough search, and frames from further back, so that a decoder has settled by the first that
 * counts. `plain`: the plainest encoder and decoder there are, without the processor's own instructions; slow.
 */
export const EFFORTS = ["usual", "careful", "plain"] as const;
export type Effort = (typeof EFFORTS)[number];

/** Psychovisual optimisation would shift the chroma's quantiser in the PPS. */
export const X264_EFFORT: Readonly<Record<Effort, string>> = {
  usual: "",
  careful: ":subme=7:me=umh:rc-lookahead=40:no-psy=1",
  plain: ":asm=0:subme=1:me=dia:rc-lookahead=10:no-mbtree=1",
};

/** Of the decoder, before the input: what is damaged is shown as well as can be. */
export const INPUT_EFFORT: Readonly<Record<Effort, readonly string[]>> = {
  usual: [],
  careful: ["-threads", "1"],
  plain: ["-threads", "1", "-cpuflags", "0", "-err_detect", "ignore_err", "-ec", "guess_mvs+deblock"],
};

export const AAC_EFFORT: Readonly<Record<Effort, readonly string[]>> = {
  usual: ["-aac_coder", "fast"], // the default starts every run with half a second of noise
  careful: ["-aac_coder", "fast", "-aac_pns", "0"],
  plain: ["-aac_coder", "fast", "-aac_pns", "0", "-aac_tns", "0", "-aac_is", "0", "-aac_ms", "0"],
};

/** Seconds before the span from which frames are fed at least: what a container calls a key frame may be none. */
export const RUN_UP_SEC: Readonly<Record<Effort, number>> = { usual: 0, careful: 10, plain: 60 };
