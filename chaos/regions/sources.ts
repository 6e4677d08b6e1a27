/** Lectures that are all different: one picture, and a box of chance at the end that no player reads. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeLecture } from "../../test/support/lectures.ts";
import type { Random } from "../../test/support/simulation/random.ts";
import { startOrigin, type TestOrigin } from "../../test/support/test-origin.ts";

export interface Sources {
  hostPort: string;
  /** Address of a lecture that nobody has asked for yet. */
  next(): string;
  stop(): Promise<void>;
}

export const LECTURE = { seconds: 14, rate: 25, size: "854x480" };

export async function openSources(dir: string, host: string, random: Random): Promise<Sources> {
  const lecture = readFileSync(await makeLecture(join(dir, "lecture.mp4"), LECTURE));
  const origin: TestOrigin = await startOrigin({ host });
  let count = 0;
  return {
    hostPort: origin.hostPort,
    next() {
      const name = `/${++count}.mp4`;
      // Of another length each, for videos of the same bytes are made once.
      const box = Buffer.alloc(8 + count * 64, random.int(0, 255));
      box.writeUInt32BE(box.length);
      box.write("free", 4, "latin1");
      origin.put(name, Buffer.concat([lecture, box]));
      return `${origin.url}${name}`;
    },
    stop: origin.stop,
  };
}
