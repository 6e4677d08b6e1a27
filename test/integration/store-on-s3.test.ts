/** The same mesh with its objects in a bucket. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { api } from "../support/api.ts";
import { openFolder } from "../support/cmaf-media.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";
import { s3Environment } from "../support/s3.ts";
import { sharedS3 } from "../support/servers.ts";
import { expectExact, playEnds } from "../support/viewer.ts";

describe("a mesh whose store is S3", function () {
  this.timeout(150_000);

  it("takes an upload, plays it, completes it, and has it after a restart", async () => {
    const folder = await openFolder();
    const settings = s3Environment(await sharedS3());
    let mesh = await startMesh({ settings });
    try {
      const lectern = api(mesh.httpUrl);
      const { uploadId } = await lectern.upload(await makeLecture(folder.path("lecture.mp4"), { seconds: 8 }));
      const { id } = await lectern.post({ uploadId, policy: "eager" });
      await playEnds(lectern, id);
      await lectern.until(id, "complete");
      await expectExact(mesh.httpUrl, lectern, id, 200);
      expect(existsSync(join(mesh.dataDir, "store"))).to.equal(false);
      await mesh.stop();
      mesh = await startMesh({ settings }); // another data directory: nothing is left but the bucket
      const after = api(mesh.httpUrl);
      expect((await after.get(id)).status).to.equal("complete");
      const answer = await after.segment(id, "240p", 1);
      expect(answer.headers.get("server-timing")).to.contain("store");
      expect((await after.remove(id)).status).to.equal(204);
      expect((await after.get(id)).status).to.equal("deleted");
    } finally {
      await mesh.stop();
      await folder.remove();
    }
  });
});
