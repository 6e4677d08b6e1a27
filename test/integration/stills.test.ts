/** The still at t is the frame that is shown at t, whatever the source is made of. */
import { expect } from "chai";
import { writeFile } from "node:fs/promises";
import { api, type Api } from "../support/api.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { decimalSeconds, makeNumbered, readImage, readNumbered, type NumberedFrames } from "../support/numbered-video.ts";

const X264 = ["-c:v", "libx264", "-preset", "fast", "-crf", "20"];
const SOURCES: readonly { what: string; file: string; rate: string; encoder: readonly string[]; filters?: string; turned?: boolean }[] = [
  { what: "B-frames, 29.97 a second, key frames 4 s apart", file: "b-frames.mp4", rate: "30000/1001", encoder: [...X264, "-bf", "3", "-x264-params", "keyint=120:min-keyint=120:scenecut=0:b-pyramid=normal"] },
  { what: "a variable rate in VP9", file: "variable.webm", rate: "25", filters: "select='not(mod(n,7))+not(mod(n,11))+lt(n,20)'", encoder: ["-fps_mode", "vfr", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-g", "40"] },
  { what: "a quarter turn", file: "turned.mp4", rate: "25", encoder: [...X264, "-bf", "2", "-g", "50"], turned: true },
  { what: "HDR", file: "hdr.mp4", rate: "25", encoder: ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-g", "50", "-tag:v", "hvc1", "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-x265-params", "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"] },
  { what: "interlaced fields", file: "interlaced.mp4", rate: "25", filters: "setfield=tff", encoder: [...X264, "-bf", "2", "-g", "50", "-flags", "+ildct+ilme", "-x264-params", "tff=1"] },
  { what: "an AVI, without an index that is read", file: "plain.avi", rate: "25", encoder: ["-c:v", "mpeg4", "-q:v", "3", "-g", "50"] },
  { what: "an MPEG transport stream that does not begin at 0", file: "stream.ts", rate: "25", encoder: [...X264, "-bf", "2", "-g", "50"] },
];
const SECONDS = 8;

describe("a still", function () {
  this.timeout(180_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;
  const ids = new Map<string, string>();
  const truths = new Map<string, NumberedFrames>();

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh();
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  const frame = (id: string, query: string, init: RequestInit = {}): Promise<Response> => fetch(`${mesh.httpUrl}/v1/videos/${id}/frame?${query}`, init);

  async function post(file: string): Promise<string> {
    const { uploadId } = await lectern.upload(folder.path(file));
    return (await lectern.post({ uploadId, policy: "lazy" })).id;
  }

  async function save(answer: Response, name: string): Promise<string> {
    expect(answer.status, answer.status === 200 ? "" : await answer.clone().text()).to.equal(200);
    await writeFile(folder.path(name), Buffer.from(await answer.arrayBuffer()));
    return folder.path(name);
  }

  for (const { what, file, rate, encoder, filters, turned = false } of SOURCES) {
    it(`is the frame that is shown at, just before and between the times of frames: ${what}`, async () => {
      await makeNumbered(folder.path(turned ? `upright-${file}` : file), SECONDS, rate, encoder, filters);
      if (turned) await run("ffmpeg", ["-i", folder.path(`upright-${file}`), "-c", "copy", "-metadata:s:v:0", "rotate=270", folder.path(file)]);
      const truth = await readNumbered(folder.path(file), turned);
      const { frames, timescale } = truth;
      expect(new Set(frames.map(({ number }) => number)).size).to.equal(frames.length);
      const id = await post(file);
      ids.set(file, id);
      truths.set(file, truth);
      for (const index of [0, 1, 2, Math.floor(frames.length / 2), Math.floor(frames.length / 2) + 1, frames.length - 1]) {
        const [previous, shown] = [frames[index - 1], frames[index]];
        if (shown === undefined) throw new Error("too few frames");
        const at = decimalSeconds(shown.ticks, timescale);
        expect(await readImage(await save(await frame(id, `t=${at}`), "at.jpg"), turned), `frame ${index} at ${at}`).to.equal(shown.number);
        if (previous === undefined) continue;
        const before = decimalSeconds(shown.ticks, timescale, true);
        expect(await readImage(await save(await frame(id, `t=${before}&width=200`), "before.jpg"), turned), `before frame ${index}, at ${before}`).to.equal(previous.number);
      }
    });
  }

  it("comes in every format, at the width that is asked for and never larger than the video", async () => {
    const id = ids.get("b-frames.mp4") ?? "";
    const number = truths.get("b-frames.mp4")?.frames[100]?.number;
    const t = decimalSeconds(100 * 1001, 30_000);
    for (const [format, type] of [["jpg", "image/jpeg"], ["webp", "image/webp"], ["png", "image/png"], ["avif", "image/avif"]] as const) {
      for (const [asked, width, height] of [["", 320, 96], ["&width=160", 160, 48], ["&width=33", 33, 10], ["&width=4000", 320, 96]] as const) {
        const answer = await frame(id, `t=${t}&format=${format}${asked}`);
        expect(answer.headers.get("content-type")).to.equal(type);
        const path = await save(answer, `image.${format}`);
        const { stdout } = await run("ffprobe", ["-select_streams", "v:0", "-show_entries", "stream=width,height", "-of", "csv=p=0", path]);
        expect(stdout.toString().trim(), `${format}${asked}`).to.equal(`${width},${height}`);
        if (width > 100) expect(await readImage(path), format).to.equal(number);
      }
    }
  });

  it("is one object for all times at which it is shown, with a strong tag that a client may ask by", async () => {
    const id = ids.get("b-frames.mp4") ?? "";
    const [first, second] = [await frame(id, "t=5.01"), await frame(id, "t=5.02")];
    const tag = first.headers.get("etag") ?? "";
    expect(tag).to.match(/^"[\w-]{22}"$/);
    expect(second.headers.get("etag")).to.equal(tag);
    expect(first.headers.get("cache-control")).to.equal("public, max-age=31536000, immutable");
    const again = await frame(id, "t=5.01");
    expect(again.headers.get("server-timing")).to.match(/(^|, )cache;desc=memory;/);
    expect((await frame(id, "t=5.01", { headers: { "If-None-Match": tag } })).status).to.equal(304);
    const head = await frame(id, "t=5.01", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), (await head.arrayBuffer()).byteLength]).to.deep.equal([200, again.headers.get("content-length"), 0]);
  });

  it("is refused for a time, width, format or video that there is not", async () => {
    const id = ids.get("b-frames.mp4") ?? "";
    for (const [query, detail] of [
      ["t=8.1", /end at 8\.008\d* s/], ["", /t is missing/], ["t=-1", /decimal/], ["t=1e3", /decimal/], ["t=1&t=2", /twice/], ["t=1&width=0", /width/], ["t=1&width=1.5", /width/],
      ["t=1&format=gif", /jpg, webp, png, avif/], ["t=1&size=3", /"size"/],
    ] as const) {
      const problem = await (await frame(id, query)).json() as { status: number; code: string; detail: string };
      expect([problem.status, problem.code], query).to.deep.equal([400, "bad_request"]);
      expect(problem.detail, query).to.match(detail);
    }
    expect((await frame("01arz3ndektsv4rrffq69g5fav", "t=1")).status).to.equal(404);
  });
});
