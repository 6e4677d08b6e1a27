/** Many viewers ask for the same segment, which nobody has made. */
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { countMade } from "../support/segment-metrics.ts";
import { segmentCount } from "../support/viewer.ts";

describe("a hundred viewers of one cold segment", function () {
  this.timeout(30_000);
  let folder: Folder;
  let mesh: Mesh;
  let lectern: Api;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 12 });
    mesh = await startMesh();
    lectern = api(mesh.httpUrl);
  });
  after(async () => {
    await mesh?.stop();
    await folder?.remove();
  });

  it("cost one encode", async () => {
    const { uploadId } = await lectern.upload(folder.path("lecture.mp4"));
    const { id } = await lectern.post({ uploadId, policy: "lazy" });
    const last = (await segmentCount(lectern, id, "240p")) - 1; // nothing is read ahead of the last one
    const before = countMade(await lectern.metrics(), "encode");
    const answers = await Promise.all(Array.from({ length: 100 }, async () => {
      const answer = await lectern.segment(id, "240p", last);
      return { status: answer.status, timing: answer.headers.get("server-timing") ?? "", bytes: Buffer.from(await answer.arrayBuffer()) };
    }));
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]));
    expect(new Set(answers.map(({ bytes }) => bytes.toString("base64"))).size).to.equal(1);
    expect(countMade(await lectern.metrics(), "encode") - before).to.equal(1);
    expect((await lectern.segment(id, "240p", last)).headers.get("server-timing")).to.match(/^plan;dur=\S+, cache;desc=memory;dur=0\.0, total;dur=\S+$/);

    const first = answers.find(({ timing }) => timing.includes("encode;dur="));
    const joined = answers.filter((one) => one !== first);
    expect(first?.timing).to.match(/^plan;dur=\S+, cache;desc=made;dur=\S+, wait;dur=\S+, fetch;dur=\S+, encode;dur=[1-9]\S+, total;dur=\S+$/);
    const late = joined.filter(({ timing }) => timing.includes("desc=memory")); // they came when it was there
    for (const { timing } of joined.filter((one) => !late.includes(one))) expect(timing).to.match(/cache;desc=made;dur=\S+, join;dur=\S+, wait;desc=shared;dur=\S+, fetch;desc=shared;dur=\S+, encode;desc=shared;dur=[1-9]\S+, total;/);
    const count = async (stage: string): Promise<number> => Number(new RegExp(`lectern_play_stage_seconds_count\\{stage="${stage}",class="encode_cold"\\} (\\d+)`).exec(await lectern.metrics())?.[1]);
    const text = await lectern.metrics();
    expect(text).to.match(/^lectern_encode_speed_ratio_count\{kind="play"\} [1-9]/m).and.match(/^lectern_slots\{kind="background"\} [1-9]/m);
    expect(text).to.match(/^lectern_cache_bytes_total\{tier="made"\} [1-9]/m);
    expect([await count("encode"), await count("join"), await count("total")]).to.deep.equal([1, 99 - late.length, 100 - late.length]);
  });
});
