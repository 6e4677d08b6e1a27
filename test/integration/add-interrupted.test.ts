/** `npm run add` of a file: on a line that is slow, and broken off in the middle. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { api } from "../support/api.ts";
import { startBreakingProxy, type BreakingProxy } from "../support/breaking-proxy.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { bareEnvironment } from "../support/start-process.ts";
import { listStore } from "../support/store-files.ts";

const ADD = fileURLToPath(new URL("../../bin/add.ts", import.meta.url));

describe("npm run add", function () {
  this.timeout(90_000);
  let folder: Folder;
  let mesh: Mesh;
  let proxy: BreakingProxy;
  let size: number;

  before(async () => {
    folder = await openFolder();
    mesh = await startMesh({ settings: { LECTERN_PIXELS_MAX: "300000" } });
    proxy = await startBreakingProxy(mesh.httpUrl);
  });
  after(async () => {
    await proxy?.stop();
    await mesh?.stop();
    await folder?.remove();
  });

  const add = (path: string): LecternProcess => openLectern([ADD, path, "--server", proxy.endpoint, "--policy", "lazy"], { ...bareEnvironment(), LECTERN_DATA: folder.path("data") });
  const uploads = async (): Promise<number> => new Set((await listStore(mesh, "uploads/")).map((key) => key.split("/")[1])).size;

  it("goes on with a file where it was, when it was killed in the middle and is given again", async () => {
    const path = await makeLecture(folder.path("a.mp4"), { seconds: 20 });
    size = (await readFile(path)).length;
    proxy.cutSent = { after: size / 2, away: true };
    const first = add(path);
    await eventually(() => proxy.cuts === 1);
    await eventually(async () => (await listStore(mesh, "uploads/")).some((key) => key.includes("/parts/")));
    first.child.kill("SIGKILL");
    await first.exited;
    proxy.away = false;
    const { output, exited } = add(path);
    expect((await exited).code, output()).to.equal(0);
    expect(output()).to.match(/First picture and sound/);
    const before = Number(/uploading (\d+) %/.exec(output())?.[1]);
    expect(before, output()).to.be.within(40, 60);
    expect(await uploads()).to.equal(1);
  });

  it("plays a file while it is still being sent, when its index comes first", async () => {
    const path = await makeLecture(folder.path("b.mp4"), { seconds: 20, size: "642x360" });
    size = (await readFile(path)).length;
    const release = proxy.holdSent(size / 2);
    const adding = add(path);
    await adding.waitFor(/First picture and sound/);
    expect(adding.output()).to.not.match(/uploading 100 %/);
    release();
    expect((await adding.exited).code, adding.output()).to.equal(0);
    const [, id = ""] = /Video (\w+) is accepted/.exec(adding.output()) ?? [];
    await api(mesh.httpUrl).until(id, "complete");
  });

  it("says why a file is refused, though not all of it has been sent", async () => {
    const path = await makeLecture(folder.path("c.mp4"), { seconds: 10, size: "1280x720" });
    const release = proxy.holdSent((await readFile(path)).length / 2);
    const adding = add(path);
    await adding.waitFor(/1280 × 720/);
    release();
    expect((await adding.exited).code, adding.output()).to.equal(1);
  });
});
