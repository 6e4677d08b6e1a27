/** How a rendition's files are called, in the object store and in URLs. */
/** One file of a rendition: its init segment, or media segment `n` (from 0). */
export type SegmentName = "init" | number;

export const mediaName = (segment: SegmentName): string => (segment === "init" ? "init.mp4" : `${segment}.m4s`);
