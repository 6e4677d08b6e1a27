/** Videos of every kind are posted to a whole Lectern, screened, taken back and reviewed. */
import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { ReviewView, ReviewsResult } from "../../services/screening/screening.contract.ts";
import type { ScreeningView } from "../../services/videos/videos.contract.ts";
import { api, type Api } from "../support/api.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findSharedMedia, makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { readStored } from "../support/store-files.ts";
import { objectKeys } from "../../config/object-keys.ts";

const LECTURES = ["lecture-en.mp4", "talk.mp4", "lab.mp4", "screencast.webm", "street.avi", "film.avi"];

describe("screening", function () {
  this.timeout(240_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;

  before(async () => {
    folder = await openFolder();
    await writeFile(folder.path("policy.yaml"), "tenants:\n  careful: { mode: screen-first }\n  none: { mode: off }\n");
    mesh = await startMesh({ settings: { LECTERN_SCREENING_POLICY: folder.path("policy.yaml") } });
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  const post = async (path: string, more: object = {}): Promise<string> => {
    const { uploadId } = await lectern.upload(path);
    return (await lectern.post({ uploadId, policy: "lazy", ...more })).id;
  };
  const screened = (id: string): Promise<ScreeningView> => eventually(async () => {
    const { screening } = await lectern.get(id);
    return screening === undefined || screening.verdict === "pending" ? undefined : screening;
  });
  const json = async <T>(path: string): Promise<T> => (await (await fetch(`${mesh.httpUrl}${path}`)).json()) as T;
  const decide = (id: string, body: object): Promise<Response> => fetch(`${mesh.httpUrl}/v1/reviews/${id}/decision`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const codes = ({ findings }: ScreeningView): string[] => findings.filter(({ verdict }) => verdict !== "pass").map(({ code }) => code);
  const statusOf = async (path: string): Promise<{ status: number; code?: string }> => {
    const answer = await fetch(`${mesh.httpUrl}${path}`);
    const code = /"code":"(\w+)"/.exec(await answer.text())?.[1];
    return { status: answer.status, ...(code === undefined ? {} : { code }) };
  };
  const motion = async (name: string, options: readonly string[]): Promise<string> => {
    const path = folder.path(name);
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "mandelbrot=size=640x360:rate=25", "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-t", "20", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", ...options, path]);
    return path;
  };

  it("lets every real lecture pass", async function () {
    for (const name of LECTURES) {
      const path = findSharedMedia(name);
      if (path === undefined) {
        console.log(`      ../shared/media/${name} is not there: nothing to screen`);
        continue;
      }
      const screening = await screened(await post(path));
      expect(screening, `${name}: ${JSON.stringify(screening.findings)}`).to.include({ verdict: "pass", public: true });
    }
  });

  it("has a person look at a video that flashes, with pictures of it, and shows it again when they pass it", async () => {
    const path = folder.path("flashing.mp4");
    await run("ffmpeg", ["-y", "-f", "lavfi", "-i", "color=black:size=640x360:rate=25,drawbox=w=iw:h=ih:t=fill:color=white:enable='between(t,8,11)*lt(mod(t,0.16),0.08)'", "-f", "lavfi", "-i", "sine", "-t", "20", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path]);
    const id = await post(path);
    const screening = await screened(id);
    expect(codes(screening)).to.deep.equal(["flashes"]);
    expect(screening).to.include({ verdict: "review", public: true });
    const { reviews } = await json<ReviewsResult>("/v1/reviews");
    expect(reviews.map((review) => review.id)).to.include(id);
    const review = await json<ReviewView>(`/v1/reviews/${id}`);
    expect(review.findings[0]?.figures?.["flashes"]).to.be.within(5, 7);
    expect(review.evidence.length).to.be.above(1);
    for (const { n, at } of review.evidence) {
      expect(at).to.be.within(7.5, 12);
      const picture = Buffer.from(await (await fetch(`${mesh.httpUrl}/v1/reviews/${id}/frames/${n}.jpg`)).arrayBuffer());
      expect(picture.subarray(0, 3).toString("hex")).to.equal("ffd8ff");
    }
    expect((await decide(id, { verdict: "pass", note: "It warns." })).status).to.equal(204);
    expect((await decide(id, { verdict: "block" })).status).to.equal(409);
    expect((await lectern.get(id)).screening).to.include({ verdict: "pass", reviewed: true, public: true });
    expect((await json<ReviewsResult>("/v1/reviews")).reviews.map((one) => one.id)).to.not.include(id);
  });

  it("takes back what a person blocks, at once, and knows it again at another size, bitrate and rate of key frames", async () => {
    const first = await post(await motion("first.mp4", ["-crf", "20"]));
    expect(await screened(first)).to.include({ verdict: "pass" });
    const { playlist, segment } = { playlist: `/play/${first}/master.m3u8`, segment: `/play/${first}/source/0.m4s` };
    expect(await statusOf(playlist)).to.deep.equal({ status: 200 });
    expect((await statusOf(segment)).status).to.equal(200);
    expect((await decide(first, { verdict: "block", note: "Not ours." })).status).to.equal(204);
    for (const path of [playlist, segment, `/play/${first}/manifest.mpd`, `/v1/videos/${first}/frame?t=1`, `/v1/videos/${first}/clip?start=0&end=1`, `/play/${first}/storyboard.vtt`]) {
      expect(await eventually(async () => { const answer = await statusOf(path); return answer.status === 451 && answer; }), path).to.deep.equal({ status: 451, code: "blocked" });
    }
    await run("ffmpeg", ["-y", "-i", folder.path("first.mp4"), "-vf", "scale=320:-2", "-c:v", "libx264", "-b:v", "150k", "-g", "77", "-c:a", "copy", folder.path("again.mp4")]);
    const again = await post(folder.path("again.mp4"));
    const found = await screened(again);
    expect(found).to.include({ verdict: "block", public: false });
    expect(codes(found)).to.deep.equal(["listed_frames"]);
    expect(await statusOf(`/play/${again}/master.m3u8`)).to.deep.equal({ status: 451, code: "blocked" });
    const tail = await readFile(folder.path("first.mp4"));
    await writeFile(folder.path("same.mp4"), Buffer.concat([tail, Buffer.from([0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65])])); // an empty box more: another hash
    expect(codes(await screened(await post(folder.path("same.mp4"))))).to.include("listed_frames");
    const other = await screened(await post(await motion("other.mp4", ["-vf", "hue=h=90,rotate=1", "-crf", "20"])));
    expect(other.verdict).to.equal("pass");
    expect((await json<ReviewsResult>("/v1/reviews")).reviews.map((one) => one.id), "a person may say otherwise").to.include(again);
  });

  it("finds what is hidden in a file that plays", async () => {
    const video = await readFile(await makeLecture(folder.path("plain.mp4"), { seconds: 6, size: "320x180" }));
    const zip = Buffer.concat([Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"), Buffer.alloc(16), Buffer.from("\x05\0\0\0a.exe", "latin1"), Buffer.alloc(200, 7)]);
    const pe = Buffer.alloc(512);
    pe.write("MZ", 0, "latin1");
    pe.writeUInt32LE(128, 60);
    pe.write("PE\0\0", 128, "latin1");
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) & 255));
    const free = Buffer.concat([Buffer.alloc(4), Buffer.from("free"), noise]);
    free.writeUInt32BE(free.length, 0);
    const cases: [string, Buffer, string[]][] = [
      ["zip", Buffer.concat([video, zip]), ["foreign_content"]], ["pe", Buffer.concat([video, pe]), ["foreign_content"]],
      ["free", Buffer.concat([video, free]), ["unreferenced_bytes"]], ["behind", Buffer.concat([video, noise]), ["unreferenced_bytes"]], ["clean", Buffer.concat([video, Buffer.from([0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65])]), []],
    ];
    for (const [name, bytes, expected] of cases) {
      await writeFile(folder.path(`${name}.mp4`), bytes);
      const screening = await screened(await post(folder.path(`${name}.mp4`)));
      expect(codes(screening), `${name}: ${JSON.stringify(screening)}`).to.deep.equal(expected);
    }
  });

  it("holds what its tenant wants to see first, and leaves alone what nobody wants to be screened", async () => {
    const path = await makeLecture(folder.path("held.mp4"), { seconds: 6, size: "320x180" });
    const left = await post(path, { tenant: "none" });
    const held = await post(path, { tenant: "careful" });
    expect(await screened(held)).to.include({ verdict: "pass", public: true });
    expect(await lectern.get(left)).to.not.have.property("screening");
  });

  it("screens twins once", async () => {
    const path = await motion("twin.mp4", ["-vf", "hflip,hue=h=180", "-crf", "30"]);
    const first = await post(path, { policy: "hybrid" });
    expect(await screened(first)).to.include({ verdict: "pass" });
    const second = await post(path, { policy: "eager" });
    expect(await screened(second)).to.include({ verdict: "pass" });
    const kept = JSON.parse((await readStored(mesh, objectKeys.screening(second))).toString("utf8")) as object;
    expect(kept).to.deep.include({ sharedWith: first });
    expect(kept).to.have.nested.property("cost.bytes", 0);
  });
});
