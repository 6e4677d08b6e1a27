/** Sound and picture stand to each other as in the source, within 10 ms, in every rendition and to the end. */
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { findBeeps, findFlashes, makeFlashes, MOMENTS } from "../support/flashes.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { videoRenditions } from "../support/viewer.ts";

const TOLERANCE_SEC = 0.01;
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50", "-pix_fmt", "yuv420p"];
const SOURCES: readonly { name: string; options: readonly string[]; sound?: readonly string[] }[] = [
  { name: "served-as-it-is.mp4", options: [...H264, "-c:a", "aac"] },
  { name: "sound-encoded.mkv", options: [...H264, "-c:a", "libmp3lame", "-ar", "44100"] },
  { name: "both-encoded.avi", options: ["-c:v", "mpeg4", "-q:v", "6", "-c:a", "ac3"] },
  { name: "clock-far-from-zero.ts", options: [...H264, "-c:a", "mp2", "-output_ts_offset", "3600"] },
  { name: "sound-0.4-s-late.mp4", options: [...H264, "-c:a", "aac"], sound: ["-itsoffset", "0.4"] },
  { name: "open.webm", options: ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k", "-c:a", "libopus"] },
];

describe("sound beside picture", function () {
  this.timeout(90_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh();
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  /** How much later each beep is than its flash, in seconds. */
  async function measure(pictureFrom: string, soundFrom = pictureFrom): Promise<number[]> {
    const [flashes, beeps] = [await findFlashes(pictureFrom), await findBeeps(soundFrom)];
    expect([flashes.length, beeps.length], pictureFrom).to.deep.equal([MOMENTS.length, MOMENTS.length]);
    return beeps.map((time, i) => time - (flashes[i] ?? Number.NaN));
  }

  for (const { name, options, sound } of SOURCES) {
    it(`is where the source has it: ${name}`, async () => {
      const path = await makeFlashes(folder.path(name), options, sound);
      const wanted = await measure(path);
      const { id } = await lectern.post({ uploadId: (await lectern.upload(path)).uploadId });
      for (const rendition of await videoRenditions(lectern, id)) {
        const found = await measure(`${mesh.httpUrl}/play/${id}/${rendition}/media.m3u8`, `${mesh.httpUrl}/play/${id}/audio/media.m3u8`);
        found.forEach((late, i) => expect(late, `${rendition}, beep ${i}`).to.be.closeTo(wanted[i] ?? Number.NaN, TOLERANCE_SEC));
      }
    });
  }
});
