/** What protected videos put on the wire, beside the plain video of the same source: nothing of the picture or the sound is to be read in it. */
import { createDecipheriv } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readBoxes } from "../../media/cmaf/boxes.ts";
import { readFragments } from "../../media/cmaf/fragment.ts";
import type { Protection } from "../../media/protection.ts";
import { api, type Api, type Posted } from "../support/api.ts";
import { decryptFragment } from "../support/cbcs.ts";
import { decodeVideo, makeLecture } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";

const SECONDS = 12;
const PROTECTIONS = ["none", "aes-128", "cbcs"] as const;

describe("protected videos on the wire", function () {
  this.timeout(120_000);
  let dir: string;
  let mesh: Awaited<ReturnType<typeof startMesh>>;
  let calls: Api;
  const videos = new Map<Protection, Posted>();

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-protected-"));
    mesh = await startMesh();
    calls = api(mesh.httpUrl);
    const { uploadId } = await calls.upload(await makeLecture(join(dir, "lecture.mp4"), { seconds: SECONDS }));
    for (const protection of PROTECTIONS) videos.set(protection, await calls.post({ uploadId, protection, policy: "eager" }));
    for (const { id } of videos.values()) await calls.until(id, "complete");
  });
  after(async () => {
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const idOf = (protection: Protection): string => videos.get(protection)?.id ?? "";
  const bytesOf = async (protection: Protection, rendition: string, segment: number | "init"): Promise<Buffer> => {
    const answer = await calls.segment(idOf(protection), rendition, segment);
    expect(answer.headers.get("cache-control")).to.equal("public, max-age=31536000, immutable");
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get("content-length")).to.equal(String(bytes.length));
    return bytes;
  };
  const keyOf = async (protection: Protection): Promise<Buffer> => Buffer.from(await (await fetch(`${mesh.httpUrl}/play/${idOf(protection)}/key`)).arrayBuffer());
  const segmentsOf = async (rendition: string): Promise<number> => (await calls.playlist(idOf("none"), rendition)).match(/^\d+\.m4s$/gm)?.length ?? 0;
  const RENDITIONS = ["source", "240p", "audio"];

  it("has every segment under aes-128 as one cipher's, by the segment's number", async () => {
    const key = await keyOf("aes-128");
    for (const rendition of RENDITIONS) {
      expect((await bytesOf("aes-128", rendition, "init")).equals(await bytesOf("none", rendition, "init"))).to.equal(true);
      for (let n = 0; n < await segmentsOf(rendition); n++) {
        const [plain, encrypted] = [await bytesOf("none", rendition, n), await bytesOf("aes-128", rendition, n)];
        expect(share(plain, encrypted), `${rendition} ${n}`).to.be.below(0.02); // one byte in 256 is the same by chance
        const iv = Buffer.alloc(16);
        iv.writeUInt32BE(n, 12);
        const cipher = createDecipheriv("aes-128-cbc", key, iv);
        expect(Buffer.concat([cipher.update(encrypted), cipher.final()]).equals(plain), `${rendition} ${n}`).to.equal(true);
      }
    }
  });

  it("has every slice and every frame of sound under cbcs encrypted, and all that is around them as it was", async () => {
    const iv = Buffer.from(/IV=0x([0-9a-f]{32})/.exec(await calls.playlist(idOf("cbcs"), "source"))?.[1] ?? "", "hex");
    const secret = { key: await keyOf("cbcs"), iv };
    for (const rendition of RENDITIONS) {
      expect((await bytesOf("cbcs", rendition, "init")).includes(rendition === "audio" ? "enca" : "encv")).to.equal(true);
      for (let n = 0; n < await segmentsOf(rendition); n++) {
        const [plain, encrypted] = [readFragments(await bytesOf("none", rendition, n)), fragmentsOf(await bytesOf("cbcs", rendition, n))];
        const opened = encrypted.map((fragment) => decryptFragment(fragment, secret));
        const [frames, sent] = [plain.flatMap(({ data }) => data), encrypted.flatMap((fragment) => readFragments(fragment).flatMap(({ data }) => data))];
        expect(opened.flatMap(({ frames: found }) => found).every((frame, i) => frame.equals(frames[i] ?? Buffer.alloc(0))), `${rendition} ${n}`).to.equal(true);
        expect(sent.length).to.equal(frames.length);
        sent.forEach((frame, i) => { if (frame.length >= 32) expect(frame.equals(frames[i] ?? Buffer.alloc(0)), `${rendition} ${n}: frame ${i}`).to.equal(rendition !== "audio" && (opened.flatMap(({ maps }) => maps)[i] ?? []).every(([, length]) => length < 16)); });
        if (rendition === "audio") expect(share(Buffer.concat(frames), Buffer.concat(sent))).to.be.below(0.1);
      }
    }
  });

  it("has key frames encrypted like their segments", async () => {
    const ask = async (protection: Protection): Promise<Buffer> => Buffer.from(await (await fetch(`${mesh.httpUrl}/play/${idOf(protection)}/source/keys/1.m4s`)).arrayBuffer());
    const [plain, whole, samples] = [await ask("none"), await ask("aes-128"), await ask("cbcs")];
    expect(share(plain, whole)).to.be.below(0.02);
    expect(share(readFragments(plain)[0]?.data[0] ?? plain, readFragments(samples)[0]?.data[0] ?? plain)).to.be.below(0.95);
  });

  it("gives media that FFmpeg decodes to every frame with the key, and to none without", async () => {
    const master = videos.get("aes-128")?.playback.hls ?? "";
    expect(await decodeVideo(master)).to.deep.equal({ frames: SECONDS * 25, complaints: [] });
    const { frames } = await decodeVideo(`${mesh.httpUrl}/play/${idOf("aes-128")}/source/0.m4s`).catch(() => ({ frames: 0 }));
    expect(frames || 0).to.equal(0);
  });

  it("answers a manifest of what DASH cannot say with what plays, and the key of what has none with nothing", async () => {
    const codeOf = async (path: string): Promise<unknown[]> => {
      const answer = await fetch(mesh.httpUrl + path);
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await codeOf(`/play/${idOf("aes-128")}/manifest.mpd`)).to.deep.equal([404, "hls_only"]);
    expect(await codeOf(`/play/${idOf("none")}/key`)).to.deep.equal([404, "no_content_key"]);
  });

  it("shares what was made, and keeps no key where it could be read or seen", async () => {
    const { metrics } = calls;
    expect(Number(/lectern_twin_objects_total(?:\{[^}]*\})? (\d+)/.exec(await metrics())?.[1] ?? 0)).to.be.above(0);
    for (const protection of ["aes-128", "cbcs"] as const) {
      const key = await keyOf(protection);
      const said = mesh.nodeLog() + JSON.stringify(await calls.get(idOf(protection))) + (await (await fetch(`${mesh.httpUrl}/v1/videos/${idOf(protection)}/events`)).text());
      for (const text of [key.toString("hex"), key.toString("base64"), key.toString("base64url")]) expect(said).to.not.contain(text);
    }
  });

  it("has no key any more when the video is deleted", async () => {
    expect((await calls.remove(idOf("cbcs"))).status).to.equal(204);
    expect((await fetch(`${mesh.httpUrl}/play/${idOf("cbcs")}/key`)).status).to.equal(410);
  });
});

/** Of bytes that are the same at the same place. */
function share(a: Buffer, b: Buffer): number {
  let same = 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] === b[i]) same++;
  return same / Math.max(1, length);
}

function fragmentsOf(segment: Buffer): Buffer[] {
  const boxes = readBoxes(segment);
  return boxes.flatMap(({ type, start }, i) => (type === "moof" ? [segment.subarray(start, boxes[i + 1]?.end)] : []));
}
