/** All that Redis holds is lost in the middle of the work. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { api } from "../support/api.ts";
import { openFolder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";
import { expectExact } from "../support/viewer.ts";

const SECONDS = 10;

describe("a mesh whose Redis is flushed", function () {
  this.timeout(90_000);

  it("completes what it was making, and lists it", async () => {
    const folder = await openFolder();
    const mesh = await startMesh({ settings: { LECTERN_SLOTS: "1" } });
    try {
      const lectern = api(mesh.httpUrl);
      const { uploadId } = await lectern.upload(await makeLecture(folder.path("lecture.mp4"), { seconds: SECONDS, size: "640x360" }));
      const { id } = await lectern.post({ uploadId, policy: "eager" });
      await eventually(async () => ((await lectern.get(id)).progress?.storedSegments ?? 0) > 0);
      const redis = new Redis(mesh.redisUrl);
      await redis.flushall();
      redis.disconnect();
      expect((await lectern.get(id)).status).to.equal("ready");
      await lectern.until(id, "complete");
      await expectExact(mesh.httpUrl, lectern, id, SECONDS * 25);
      const listed = (await (await fetch(`${mesh.httpUrl}/v1/videos`)).json()) as { videos: { id: string }[] };
      expect(listed.videos.map((video) => video.id)).to.deep.equal([id]);
    } finally {
      await mesh.stop();
      await folder.remove();
    }
  });
});
