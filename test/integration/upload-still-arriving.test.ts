/** A resumable upload is posted, and watched through two nodes, while most of it is still to come. */
import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { api, type Api, type Problem } from "../support/api.ts";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture, makeWebm } from "../support/lectures.ts";
import type { LecternProcess } from "../support/lectern-process.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { findFreePort } from "../support/ports.ts";
import { listStore } from "../support/store-files.ts";
import { tus, type Tus } from "../support/tus.ts";
import { expectExact, segmentCount } from "../support/viewer.ts";

const SECONDS = 24;
const HOUR_MS = 3_600_000;

describe("an upload that is still arriving", function () {
  this.timeout(120_000);
  let folder: Folder;
  let mesh: Mesh;
  let other: LecternProcess;
  let near: Api;
  let far: Api;
  let client: Tus;
  let lecture: Buffer;
  let serial = 0;

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh();
    const port = await findFreePort();
    other = await joinMesh(mesh, ["--services", "gateway,delivery,cache,transcoder,validator", "--node-id", "other"], { LECTERN_HTTP_PORT: String(port) });
    near = api(mesh.httpUrl);
    far = api(`http://127.0.0.1:${port}`);
    client = tus(mesh.httpUrl);
  });
  after(async () => {
    if (other !== undefined) await leaveMesh(other);
    await mesh?.stop();
    await folder?.remove();
  });
  /** Another one each time: the same bytes would be the same video. */
  beforeEach(async () => {
    lecture = await readFile(await makeLecture(folder.path(`${serial++}.mp4`), { seconds: SECONDS, size: `${640 + 2 * serial}x360` }));
  });

  const begin = async (bytes = lecture): Promise<string> => await client.begin(bytes.length);
  const send = (uploadId: string, from: number, to: number, bytes = lecture): Promise<number> => client.append(uploadId, from, bytes.subarray(from, to));
  const bytesOf = async (from: Api, id: string, rendition: string, segment: number | "init"): Promise<Buffer> => {
    const answer = await from.segment(id, rendition, segment);
    expect(answer.status, `${rendition}/${segment}`).to.equal(200);
    return Buffer.from(await answer.arrayBuffer());
  };
  const reasonsOf = async (id: string): Promise<[string, string | undefined]> => {
    const view = await eventually(async () => {
      const now = await near.get(id);
      return ["rejected", "failed"].includes(now.status) && now;
    });
    return [view.status, view.reasons?.map((reason) => reason.class).join()];
  };

  it("plays on both nodes as far as it has come, says when to ask for more, and ends as if it had been there all the time", async () => {
    const [some, more] = [Math.round(lecture.length * 0.4), Math.round(lecture.length * 0.6)];
    const uploadId = await begin();
    const { id } = await near.post({ uploadId });
    expect((await near.get(id)).status).to.equal("submitted");
    await send(uploadId, 0, some);
    await near.until(id, "ready");
    const last = (await segmentCount(near, id, "source")) - 1;

    for (const from of [near, far]) for (const rendition of ["source", "audio", "240p"]) await bytesOf(from, id, rendition, 1);
    const refused = await far.segment(id, "source", last);
    expect([refused.status, ((await refused.json()) as Problem).code, Number(refused.headers.get("retry-after"))]).to.deep.equal([503, "source_pending", 2]);
    const waiting = bytesOf(far, id, "source", Math.floor(last / 2)); // what is asked for just before it comes, is answered when it does
    await send(uploadId, some, more);
    await waiting;
    expect((await near.get(id)).status).to.equal("ready");
    const { progress } = await near.get(id);
    expect(progress?.storedSegments).to.be.below(progress?.plannedSegments ?? 0);

    await send(uploadId, more, lecture.length);
    await bytesOf(far, id, "source", last);
    await near.until(id, "complete");
    await expectExact(mesh.httpUrl, near, id, SECONDS * 25);
    const whole = await near.upload(folder.path(`${serial - 1}.mp4`));
    expect(await near.post({ uploadId: whole.uploadId }), "the same bytes").to.include({ id, existing: true });
    const again = await near.upload(folder.path(`${serial - 1}.mp4`));
    const twin = await near.post({ uploadId: again.uploadId, policy: "lazy" });
    for (const rendition of ["source", "audio"]) {
      for (const segment of ["init", ...Array.from({ length: last + 1 }, (_, n) => n)] as const) {
        expect((await bytesOf(near, id, rendition, segment)).equals(await bytesOf(near, twin.id, rendition, segment)), `${rendition}/${segment}`).to.equal(true);
      }
    }
  });

  it("plays where FFmpeg has to read it as a file, for its sound, and reads ahead of what there is", async () => {
    const name = folder.path("ac3.mp4");
    await run("ffmpeg", ["-y", "-i", folder.path(`${serial - 1}.mp4`), "-c:v", "copy", "-c:a", "ac3", "-movflags", "+faststart", name]);
    const bytes = await readFile(name);
    const some = Math.round(bytes.length * 0.6);
    const uploadId = await begin(bytes);
    await send(uploadId, 0, some, bytes);
    const { id } = await near.post({ uploadId });
    await near.until(id, "ready");
    const last = (await segmentCount(near, id, "audio")) - 1;
    for (const segment of ["init", 0, Math.floor(last / 2)] as const) await bytesOf(far, id, "audio", segment);
    expect((await far.segment(id, "audio", last)).status).to.equal(503);
    await send(uploadId, some, bytes.length, bytes);
    await near.until(id, "complete");
    expect((await near.get(id)).quality?.refusedSegments).to.equal(0);
    expect((await run("ffmpeg", ["-v", "error", "-i", `${mesh.httpUrl}/play/${id}/master.m3u8`, "-f", "null", "-"])).stderr).to.equal("");
  });

  it("waits where its index comes last, or where all of it is needed to know its length", async () => {
    await run("ffmpeg", ["-y", "-i", folder.path(`${serial - 1}.mp4`), "-c", "copy", "-metadata", "title=last", folder.path("index-last.mp4")]);
    await makeWebm(folder.path("length-last.webm"), { seconds: 6 });
    for (const name of ["index-last.mp4", "length-last.webm"]) {
      const bytes = await readFile(folder.path(name));
      const half = Math.round(bytes.length / 2);
      const uploadId = await begin(bytes);
      await send(uploadId, 0, half, bytes);
      const { id } = await near.post({ uploadId, policy: "lazy" });
      expect((await near.get(id)).status).to.equal("submitted");
      await send(uploadId, half, bytes.length, bytes);
      await near.until(id, "ready", "complete");
    }
  });

  it("is refused at once when its beginning is no video, and what is sent after that", async () => {
    const bytes = Buffer.alloc(2_000_000);
    const uploadId = await begin(bytes);
    const { id } = await near.post({ uploadId });
    await send(uploadId, 0, 1_000_000, bytes);
    expect(await reasonsOf(id)).to.deep.equal(["rejected", "not_media"]);
    // What is under way when the verdict comes may still be taken; it is gone then, as is the rest.
    await eventually(() => send(uploadId, 1_000_000, 2_000_000, bytes).then(() => false, (failure: unknown) => String(failure).includes("upload_not_found")));
  });

  it("fails its video when it is given up half-way, which then can be sent and posted again", async () => {
    const uploadId = await begin();
    await send(uploadId, 0, Math.round(lecture.length / 2));
    const { id } = await near.post({ uploadId, policy: "lazy" });
    await near.until(id, "ready");
    await client.abandon(uploadId);
    expect(await reasonsOf(id)).to.deep.equal(["failed", "upload_incomplete"]);
    const { uploadId: whole } = await near.upload(folder.path(`${serial - 1}.mp4`));
    expect((await near.post({ uploadId: whole, policy: "lazy" })).id).to.not.equal(id);
  });

  it("fails its video when nothing of it has come for an hour, and makes another when it goes on", async () => {
    const half = Math.round(lecture.length / 2);
    const uploadId = await begin();
    await send(uploadId, 0, half);
    const { id } = await near.post({ uploadId, policy: "lazy" });
    await near.until(id, "ready");
    const past = new Date(Date.now() - 2 * HOUR_MS);
    for (const key of await listStore(mesh, `uploads/${uploadId}/`)) await utimes(join(mesh.dataDir, "store", key), past, past);
    expect(await reasonsOf(id)).to.deep.equal(["failed", "upload_incomplete"]);
    await send(uploadId, half, lecture.length);
    const { id: next } = await near.post({ uploadId, policy: "lazy" });
    expect(next).to.not.equal(id);
    await near.until(next, "complete");
  });
});
