/** Samples in a frame of AAC-LC (ISO/IEC 14496-3). */
export const AAC_FRAME = 1024;
