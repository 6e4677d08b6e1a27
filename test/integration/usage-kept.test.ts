/** What is known of how a lecture is watched, when all nodes die with SIGKILL and Redis has lost everything. */
import { expect } from "chai";
import { Redis } from "ioredis";
import type { VideoUsage } from "../../services/insights/insights.contract.ts";
import { api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { listStore, readStored } from "../support/store-files.ts";

const SECONDS = 10;

describe("how a lecture is watched", function () {
  this.timeout(240_000);
  let folder: Folder;
  let mesh: Mesh;
  let id: string;
  let sessions = 0;

  const report = async (agent: string, from: number, to: number): Promise<number> => (await fetch(`${mesh.httpUrl}/play/${id}/usage`, {
    method: "POST", headers: { "Content-Type": "text/plain;charset=UTF-8", "User-Agent": agent },
    body: JSON.stringify({ session: `session-${String(++sessions).padStart(12, "0")}`, seq: 0, ranges: [[from, to]] }),
  })).status;
  /** Undefined while the node is away. */
  const usage = async (): Promise<VideoUsage | undefined> => {
    const answer = await fetch(`${mesh.httpUrl}/v1/videos/${id}/usage`).catch(() => undefined);
    return answer?.ok === true ? ((await answer.json()) as VideoUsage) : undefined;
  };
  const counted = (views: number): Promise<VideoUsage> => eventually(async () => { const found = await usage(); return found?.totals.views === views && found; });

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh({ settings: { LECTERN_USAGE_FLOOR: "1" } });
    const lectern = api(mesh.httpUrl);
    const { uploadId } = await lectern.upload(await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS, size: "320x180" }));
    ({ id } = await lectern.post({ uploadId, policy: "lazy" }));
    await lectern.until(id, "ready", "complete");
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  it("is what was written a minute later at most, and goes on", async () => {
    expect(await Promise.all(["Anna", "Bert", "Cleo"].map((agent) => report(agent, 0, 6)))).to.deep.equal([204, 204, 204]);
    const before = await counted(3);
    expect([before.totals.watchSec, before.heat]).to.deep.equal([18, [3, 3, 3, 3, 3, 3, 0, 0, 0, 0]]);
    await eventually(async () => {
      const [key] = await listStore(mesh, `videos/${id}/usage/`);
      return key !== undefined && (JSON.parse((await readStored(mesh, key)).toString()) as { counts: Record<string, number> }).counts["views"] === 3;
    });

    const redis = new Redis(mesh.redisUrl);
    process.kill(mesh.nodePid(), "SIGKILL");
    await redis.flushall();
    redis.disconnect();
    expect(await counted(3)).to.deep.include({ totals: before.totals, heat: before.heat });

    expect(await report("Dora", 4, 10)).to.equal(204);
    const later = await counted(4);
    expect([later.totals.watchSec, later.heat]).to.deep.equal([24, [3, 3, 3, 3, 4, 4, 1, 1, 1, 1]]);
  });
});
