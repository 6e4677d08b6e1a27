/** A clip has the frames of its span and no other, at their times, and its sound to the sample. */
import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { api, type Api } from "../support/api.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { numberedFrames, readNumbered } from "../support/numbered-video.ts";

const RATE = 48_000;
/** A click a second, 0.4 s into it. */
const CLICKS = `aevalsrc='if(eq(mod(n+${0.6 * RATE},${RATE}),0),0.9,0)':s=${RATE}`;
const X264 = ["-c:v", "libx264", "-preset", "fast", "-crf", "20"];
const SOURCES: Readonly<Record<string, { rate: string; encoder: readonly string[]; filters?: string }>> = {
  "b-frames.mp4": { rate: "30000/1001", encoder: [...X264, "-bf", "3", "-x264-params", "keyint=60:min-keyint=60:scenecut=0:b-pyramid=normal", "-c:a", "aac", "-b:a", "256k"] },
  "open.mp4": { rate: "25", encoder: ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=error:keyint=40:min-keyint=40:scenecut=0:open-gop=1:bframes=3", "-c:a", "aac", "-b:a", "256k"] },
  "still.webm": { rate: "25", filters: "select='lt(n,50)+gt(n,200)'", encoder: ["-fps_mode", "vfr", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-g", "40", "-c:a", "libopus"] },
  "film.avi": { rate: "25", encoder: ["-c:v", "mpeg4", "-q:v", "3", "-g", "50", "-c:a", "pcm_s16le"] },
};

describe("a clip", function () {
  this.timeout(180_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  const ids = new Map<string, string>();

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh();
    lectern = api(mesh.httpUrl);
    for (const [file, { rate, encoder, filters }] of Object.entries(SOURCES)) {
      await run("ffmpeg", ["-y", "-f", "lavfi", "-i", numberedFrames(rate, filters), "-f", "lavfi", "-i", CLICKS, "-t", "12", "-pix_fmt", "yuv420p", ...encoder, folder.path(file)]);
      const { uploadId } = await lectern.upload(folder.path(file));
      ids.set(file, (await lectern.post({ uploadId, policy: "lazy" })).id);
    }
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  const ask = (file: string, start: string, end: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${mesh.httpUrl}/v1/videos/${ids.get(file) ?? "01arz3ndektsv4rrffq69g5fav"}/clip?start=${start}&end=${end}`, init);

  async function save(answer: Response): Promise<string> {
    expect(answer.status, answer.status === 200 ? "" : await answer.clone().text()).to.equal(200);
    await writeFile(folder.path("clip.mp4"), Buffer.from(await answer.arrayBuffer()));
    return folder.path("clip.mp4");
  }

  /** Samples from the file's time 0 at which a click stands, and how many samples there are. */
  async function readClicks(path: string): Promise<{ clicks: number[]; samples: number }> {
    const { stdout } = await run("ffmpeg", ["-copyts", "-i", path, "-map", "0:a:0", "-ac", "1", "-ar", String(RATE), "-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"]);
    const samples = stdout.length / 4;
    const clicks: number[] = [];
    for (let i = 0; i < samples; i++) {
      if (Math.abs(stdout.readFloatLE(i * 4)) < 0.25) continue;
      let peak = i;
      for (let j = i; j < Math.min(i + 200, samples); j++) if (Math.abs(stdout.readFloatLE(j * 4)) > Math.abs(stdout.readFloatLE(peak * 4))) peak = j;
      clicks.push(peak);
      i = peak + 200;
    }
    return { clicks, samples };
  }

  async function expectExact(file: string, start: number, end: number): Promise<string> {
    const source = await readNumbered(folder.path(file));
    const path = await save(await ask(file, String(start), String(end)));
    const clip = await readNumbered(path);
    const at = (ticks: number): number => ticks / source.timescale;
    const wanted = source.frames.filter(({ ticks }) => at(ticks) >= start - 1e-9 && at(ticks) < end - 1e-9);
    expect(clip.frames.map(({ number }) => number)).to.deep.equal(wanted.map(({ number }) => number));
    for (const [i, { ticks }] of clip.frames.entries()) if (i > 0) expect(ticks / clip.timescale, `frame ${i}`).to.be.closeTo(at(wanted[i]?.ticks ?? 0) - start, 1 / source.timescale);
    return path;
  }

  /** `within`: samples. */
  async function expectSound(file: string, path: string, start: number, end: number, within = 1): Promise<void> {
    const [source, clip] = [await readClicks(folder.path(file)), await readClicks(path)];
    const { originTicks, timescale } = await readNumbered(folder.path(file));
    const [from, to] = [(start + originTicks / timescale) * RATE, (end + originTicks / timescale) * RATE]; // from the first frame on
    const wanted = source.clicks.filter((sample) => sample >= from && sample < to).map((sample) => sample - Math.ceil(from));
    expect(wanted.length).to.be.above(1);
    expect(clip.clicks).to.have.lengthOf(wanted.length);
    for (const [i, sample] of clip.clicks.entries()) expect(sample, `click ${i}`).to.be.closeTo(wanted[i] ?? 0, within);
    expect(clip.samples).to.be.closeTo(Math.round((end - start) * RATE), 2 * 1_024); // FFmpeg plays the last frames of AAC whole
  }

  for (const [what, start, end] of [["from a key frame", 2.002, 6.006], ["from between key frames, over several of them", 1.2012, 11.011], ["from between two frames", 3.05, 5.55]] as const) {
    it(`has exactly its frames, and its sound where it was: ${what}`, async () => {
      const path = await expectExact("b-frames.mp4", start, end);
      await expectSound("b-frames.mp4", path, start, end);
      expect((await run("ffmpeg", ["-v", "warning", "-i", path, "-f", "null", "-"])).stderr).to.equal("");
    });
  }

  it("is exact also from a source without an index, and from one whose rate varies", async () => {
    await expectSound("film.avi", await expectExact("film.avi", 3, 7.5), 3, 7.5);
    await expectSound("still.webm", await expectExact("still.webm", 8.04, 11), 8.04, 11, RATE / 1000 + 1); // its times are milliseconds
  });

  it("is exact also where groups of pictures are open", async () => {
    await expectSound("open.mp4", await expectExact("open.mp4", 1.5, 11.52), 1.5, 11.52);
  });

  it("begins with the frame that stands there, in the middle of a still", async () => {
    const clip = await readNumbered(await save(await ask("still.webm", "5", "9")));
    expect(clip.frames.slice(0, 3).map(({ ticks, number }) => [ticks / clip.timescale, number])).to.deep.equal([[0, 49], [3.04, 201], [3.08, 202]]);
  });

  it("has its index in front and lasts as long as was asked for", async () => {
    const path = await save(await ask("b-frames.mp4", "2", "5.5"));
    const { stdout } = await run("ffprobe", ["-show_entries", "format=duration:stream=codec_name,duration", "-of", "json", path]);
    const { streams, format } = JSON.parse(stdout.toString()) as { streams: { codec_name: string; duration: string }[]; format: { duration: string } };
    expect(streams.map(({ codec_name }) => codec_name)).to.deep.equal(["h264", "aac"]);
    for (const { duration } of [...streams, format]) expect(Number(duration)).to.be.closeTo(3.5, 0.001);
  });

  it("is made once, and answered by ranges", async () => {
    const [whole, again] = await Promise.all([ask("b-frames.mp4", "2", "5.5"), ask("b-frames.mp4", "2.0", "5.50")]);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(Buffer.from(await again.arrayBuffer()).equals(bytes)).to.equal(true);
    expect(whole.headers.get("content-disposition")).to.match(/^attachment; filename="clip-\w{6}-2-5\.5\.mp4"$/);
    const part = await ask("b-frames.mp4", "2", "5.5", { headers: { Range: "bytes=100-199" } });
    expect([part.status, part.headers.get("content-range")]).to.deep.equal([206, `bytes 100-199/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).to.equal(true);
    const beyond = await ask("b-frames.mp4", "2", "5.5", { headers: { Range: `bytes=${bytes.length}-` } });
    expect([beyond.status, beyond.headers.get("content-range")]).to.deep.equal([416, `bytes */${bytes.length}`]);
    const head = await ask("b-frames.mp4", "2", "5.5", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).to.deep.equal([200, String(bytes.length)]);
  });

  it("is refused for a span that there is not", async () => {
    for (const [start, end, detail] of [["5", "5", /after start/], ["5", "2", /after start/], ["13", "14", /video's end/], ["x", "2", /decimal/], ["1", "", /decimal/]] as const) {
      const problem = await (await ask("b-frames.mp4", start, end)).json() as { status: number; code: string; detail: string };
      expect([problem.status, problem.code], `${start} to ${end}`).to.deep.equal([400, "bad_request"]);
      expect(problem.detail).to.match(detail);
    }
    expect((await ask("none", "1", "2")).status).to.equal(404);
  });
});
