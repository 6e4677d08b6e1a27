/** How fast this node encodes pictures for viewers, so that the mesh can tell a fast node from a slow one. */
import type { VideoRendition } from "../../media/plan.ts";

/** The fastest of so many: the others had company, or waited for their source. */
const REMEMBERED = 32;

export function openEncodeSpeed() {
  const seen: number[] = [];
  return {
    /** @param ms that `seconds` of the rendition took */
    note({ width, height, frameRate }: VideoRendition, seconds: number, ms: number): void {
      const megapixels = (width * height * seconds * frameRate.num) / frameRate.den / 1_000_000;
      if (ms > 0 && megapixels > 0) seen.push(megapixels / (ms / 1000));
      if (seen.length > REMEMBERED) seen.shift();
    },
    /** Megapixels a second; undefined before the first. */
    fastest(): number | undefined {
      return seen.length === 0 ? undefined : Math.max(...seen);
    },
  };
}

export type EncodeSpeed = ReturnType<typeof openEncodeSpeed>;
