/** One lecture in as many files as are wanted: to the mesh each is another source, what is made of all is the same. */
import { randomFillSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openFolder, run } from "../../test/support/cmaf-media.ts";

/** Short to encode, and long to fetch: padded to a megabyte a second. */
export const LECTURE = { seconds: 8, rate: 25, size: "480x270", kbps: 8_000 } as const;
const PADDING_BYTES = 256 * 1024;

/** @returns another file of it at each call: MP4, with a free box of chance at its end, and of a length of its own */
export async function openLecture(): Promise<() => Buffer> {
  const folder = await openFolder();
  try {
    const { seconds, rate, size, kbps } = LECTURE;
    await run("ffmpeg", [
      "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}`, "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-t", String(seconds),
      "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", String(2 * rate), "-sc_threshold", "0", "-pix_fmt", "yuv420p",
      "-b:v", `${kbps}k`, "-minrate", `${kbps}k`, "-maxrate", `${kbps}k`, "-bufsize", `${kbps}k`, "-x264-params", "nal-hrd=cbr", "-c:a", "aac", "-movflags", "+faststart", folder.path("lecture.mp4"),
    ]);
    const bytes = await readFile(folder.path("lecture.mp4"));
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
