/** The node dies with SIGKILL in the midst of what it makes before the bell. All of it is there before anybody asks, and no more than that. */
import { expect } from "chai";
import { api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { findFfmpeg, findLiving } from "../support/ffmpeg-processes.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { listStore } from "../support/store-files.ts";

const SECONDS = 80;
const BELL_IN_MS = 30 * 60_000;

describe("the beginning of a lecture, when its node is killed before the bell", function () {
  this.timeout(400_000); // what nobody waits for takes its time beside other work
  let folder: Folder;
  let mesh: Mesh;

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh({ settings: { LECTERN_SLOTS: "1" } });
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  it("is made to its end by the next", async () => {
    const lectern = api(mesh.httpUrl);
    const { uploadId } = await lectern.upload(await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS, size: "960x540" }));
    const { id } = await lectern.post({ uploadId, policy: "lazy" });
    await lectern.until(id, "ready", "complete");
    const segmentsOf = async (rendition: string): Promise<number> => (await listStore(mesh, `videos/${id}/media/${rendition}/`)).filter((key) => key.endsWith(".m4s")).length;
    const renditions = (await lectern.get(id)).renditions ?? [];
    const encodes = renditions.filter(({ kind, mode }) => kind === "video" && mode === "encode").map(({ name }) => name);
    const [first = ""] = encodes;
    /** Segments that begin within the first minute, and all. */
    const counts = async (): Promise<[number, number]> => {
      const durations = [...(await lectern.playlist(id, first)).matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, seconds]) => Number(seconds));
      let at = 0;
      return [durations.filter((seconds) => { const begins = at; at += seconds; return begins < 60 - 0.001; }).length, durations.length];
    };
    const [wanted, all] = await counts();
    expect(wanted).to.be.within(1, all - 1);

    const answer = await fetch(`${mesh.httpUrl}/v1/timetable`, {
      method: "PUT", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ entries: [{ video: id, at: new Date(Date.now() + BELL_IN_MS).toISOString().slice(0, 16), timeZone: "UTC", expectedViewers: 100 }] }),
    });
    expect(answer.status).to.equal(200);
    const running = await eventually(async () => { const pids = findFfmpeg(mesh.nodePid()); return pids.length > 0 && (await Promise.all(encodes.map(segmentsOf))).some((count) => count > 0) && pids; });
    process.kill(mesh.nodePid(), "SIGKILL");
    expect((await Promise.all(encodes.map(segmentsOf))).some((count) => count < wanted), "something was left to do").to.equal(true);
    await eventually(() => findLiving(running).length === 0);

    const names = renditions.map(({ name }) => name);
    await eventually(async () => (await Promise.all(names.map(segmentsOf))).every((count) => count >= wanted));
    await eventually(async () => (await listStore(mesh, `videos/${id}/storyboard/`)).length > 0); // comes last
    expect(await Promise.all(encodes.map(segmentsOf)), "no more than the beginning").to.deep.equal(encodes.map(() => wanted));
  });
});
