/** A classifier for tests: says how bright a frame is. */
import type { Classifier } from "../../../services/screening/classifier/classifier.contract.ts";

export default async function openCalm(): Promise<Classifier> {
  return {
    name: "calm", version: "1",
    classify: async (frames) => frames.map(({ pixels }) => {
      const bright = pixels.reduce((sum, value) => sum + value, 0) / Math.max(1, pixels.length) / 255;
      return { Porn: bright, Neutral: 1 - bright };
    }),
  };
}
