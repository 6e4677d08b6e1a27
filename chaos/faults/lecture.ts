/** One lecture in as many files as are wanted: to the mesh each is another source, what is made of all is the same. */
import { randomFillSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openFolder } from "../../test/support/cmaf-media.ts";
import { makeLecture } from "../../test/support/lectures.ts";

export const LECTURE = { seconds: 8, rate: 25, size: "640x360" } as const;
const PADDING_BYTES = 256 * 1024;

/** @returns another file of it at each call: MP4, with a free box of chance at its end, and of a length of its own */
export async function openLecture(): Promise<() => Buffer> {
  const folder = await openFolder();
  try {
    const bytes = await readFile(await makeLecture(folder.path("lecture.mp4"), LECTURE));
    let made = 0;
    return () => {
      const box = randomFillSync(Buffer.alloc(PADDING_BYTES + 8 * made++));
      box.writeUInt32BE(box.length, 0);
      box.write("free", 4, "latin1");
      return Buffer.concat([bytes, box]);
    };
  } finally {
    await folder.remove();
  }
}
