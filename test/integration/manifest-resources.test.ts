/** What the manifests name beside segments (key frames, captions), and what they say of bandwidth, over HTTP from a whole mesh. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { api } from "../support/api.ts";
import { frameHashes, probePackets, run } from "../support/cmaf-media.ts";
import { decodeVideo, makeLecture } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";

const SECONDS = 12;

describe("what manifests name", function () {
  this.timeout(120_000);
  let dir: string;
  let mesh: Awaited<ReturnType<typeof startMesh>>;
  let id: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-manifests-"));
    const path = await makeCaptioned(dir);
    mesh = await startMesh();
    const calls = api(mesh.httpUrl);
    ({ id } = await calls.post({ uploadId: (await calls.upload(path)).uploadId, policy: "eager" }));
    await calls.until(id, "complete");
  });
  after(async () => {
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const get = async (path: string): Promise<Buffer> => {
    const answer = await fetch(`${mesh.httpUrl}/play/${id}/${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return Buffer.from(await answer.arrayBuffer());
  };
  const segmentsOf = async (playlist: string): Promise<{ seconds: number; uri: string }[]> =>
    [...(await get(playlist)).toString().matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)].map(([, seconds, uri = ""]) => ({ seconds: Number(seconds), uri }));

  for (const rendition of ["source", "360p"]) {
    it(`key frames of ${rendition} are the first frames of its segments, each as long as its segment`, async () => {
      const keys = await segmentsOf(`${rendition}/iframes.m3u8`);
      const segments = await segmentsOf(`${rendition}/media.m3u8`);
      expect(keys.map(({ seconds }) => seconds)).to.deep.equal(segments.map(({ seconds }) => seconds));
      const init = await get(`${rendition}/init.mp4`);
      const joined = join(dir, `${rendition}-keys.mp4`);
      await writeFile(joined, Buffer.concat([init, ...(await Promise.all(keys.map(({ uri }) => get(`${rendition}/${uri}`))))]));
      const starts = segments.map((_, n) => segments.slice(0, n).reduce((sum, { seconds }) => sum + seconds, 0));
      expect(await frameHashes(joined)).to.deep.equal(await firstFrames(rendition, init, segments.map(({ uri }) => uri)));
      const packets = await probePackets(joined);
      expect(packets.map(({ pts }) => pts / 12_800)).to.deep.equal(starts);
      expect(await decodeVideo(joined)).to.deep.equal({ frames: segments.length, complaints: [] });
    });
  }

  /** Checksums of the first frame of each segment. */
  async function firstFrames(rendition: string, init: Buffer, uris: readonly string[]): Promise<string[]> {
    const frames: string[] = [];
    for (const uri of uris) {
      const path = join(dir, "segment.mp4");
      await writeFile(path, Buffer.concat([init, await get(`${rendition}/${uri}`)]));
      frames.push(...(await frameHashes(path)).slice(0, 1));
    }
    return frames;
  }

  it("there is no key frame of a sound, nor after the end", async () => {
    for (const path of ["audio/keys/0.m4s", "audio/iframes.m3u8", "source/keys/99.m4s", "360p/keys/99.m4s", "240p/keys/0.m4s"]) {
      expect((await fetch(`${mesh.httpUrl}/play/${id}/${path}`)).status, path).to.equal(404);
    }
  });

  it("captions are on the timeline, harmless, and cut to the video", async () => {
    const answer = await fetch(`${mesh.httpUrl}/play/${id}/subs/sub.vtt`);
    expect(answer.headers.get("content-type")).to.equal("text/vtt; charset=utf-8");
    expect(await answer.text()).to.equal(`WEBVTT

00:00:01.000 --> 00:00:02.500
<i>Good</i> morning &amp; welcome
alert(1) x --&gt; y

00:00:11.000 --> 00:00:12.000
to the end
`);
    expect((await get("subs/sub-1.vtt")).toString()).to.contain("Grüße");
    expect((await fetch(`${mesh.httpUrl}/play/${id}/subs/sub-2.vtt`)).status).to.equal(404);
  });

  it("the bandwidths are those of the segments once all are there", async () => {
    const sizes = async (rendition: string): Promise<{ seconds: number; bytes: number }[]> => Promise.all((await segmentsOf(`${rendition}/media.m3u8`)).map(async ({ seconds, uri }) => ({ seconds, bytes: (await get(`${rendition}/${uri}`)).byteLength })));
    const [video, audio] = [await sizes("360p"), await sizes("audio")];
    // Of segments of 2, 2, 4 and 4 s every run that lasts 2 to 6 s counts; here that is each alone, and two or three in a row.
    const peak = (list: readonly { seconds: number; bytes: number }[]): number => Math.max(...list.flatMap((_, first) => [1, 2, 3].map((count) => {
      const part = list.slice(first, first + count);
      const seconds = part.reduce((sum, segment) => sum + segment.seconds, 0);
      return seconds > 6 ? 0 : Math.ceil((8 * part.reduce((sum, { bytes }) => sum + bytes, 0)) / seconds);
    })));
    const expected = peak(video) + peak(audio);
    const told = async (): Promise<number> => Number(/BANDWIDTH=(\d+)[^\n]*\n360p/.exec((await get("master.m3u8")).toString())?.[1]);
    const first = await told(); // may still be the promise: it makes delivery look
    while ((await told()) === first && first !== expected) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await told()).to.equal(expected);
    expect((await get("manifest.mpd")).toString()).to.contain(`bandwidth="${peak(video)}"`);
  });
});

/** H.264 and AAC in MP4, with two tracks of captions. */
async function makeCaptioned(dir: string): Promise<string> {
  const [lecture, path] = [await makeLecture(join(dir, "plain.mp4"), { seconds: SECONDS, size: "1280x720" }), join(dir, "captioned.mp4")];
  await writeFile(join(dir, "en.srt"), "1\n00:00:01,000 --> 00:00:02,500\n<i>Good</i> morning & welcome\n<script>alert(1)</script> x --> y\n\n2\n00:00:11,000 --> 00:00:30,000\nto the end\n");
  await writeFile(join(dir, "de.srt"), "1\n00:00:01,000 --> 00:00:02,500\nGrüße\n");
  await run("ffmpeg", ["-y", "-i", lecture, "-i", join(dir, "en.srt"), "-i", join(dir, "de.srt"), "-map", "0", "-map", "1", "-map", "2", "-c", "copy", "-c:s", "mov_text", "-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=deu", path]);
  return path;
}
