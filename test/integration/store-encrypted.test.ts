/** What a stranger with the store's disk in hand finds there. */
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { openLectern } from "../support/lectern-process.ts";
import { makeLecture } from "../support/lectures.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { bareEnvironment } from "../support/start-process.ts";
import { listStore, readStored } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const NODE = fileURLToPath(new URL("../../bin/node.ts", import.meta.url));

describe("the store of a mesh that was started without a setting", function () {
  this.timeout(60_000);
  let dataDir: string;
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;
  let lectern: Api;
  let id: string;
  const start = async (): Promise<void> => {
    mesh = await startMesh({ dataDir, settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    lectern = api(mesh.httpUrl);
  };

  before(async () => {
    dataDir = await makeTempDir("encrypted");
    folder = await openFolder();
    await makeLecture(folder.path("secret-lecture-name.mp4"), { seconds: 6 });
    origin = await startOrigin({ dir: folder.path("") });
    await start();
  });
  after(async () => {
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
    await removeDir(dataDir);
  });

  /** Objects in which one of `needles` can be read. */
  const readable = async (...needles: (string | Buffer)[]): Promise<string[]> => {
    const found = await Promise.all((await listStore(mesh)).map(async (key) => {
      const bytes = await readFile(join(dataDir, "store", key));
      return needles.some((needle) => bytes.includes(needle)) ? [key] : [];
    }));
    return found.flat();
  };
  /** From the midst of some bytes: what else could have it? */
  const pieceOf = (bytes: Buffer): Buffer => bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 16);

  it("shows neither title, address, media nor what is known of a video", async () => {
    const { uploadId } = await lectern.upload(folder.path("secret-lecture-name.mp4"));
    const posts = [{ url: `${origin.url}/secret-lecture-name.mp4?token=secret-token`, title: "Secret Title", labels: { teacher: "Ms Secret" } }, { uploadId, title: "Secret Upload" }];
    const videos = await Promise.all(posts.map((post) => lectern.post({ ...post, policy: "eager" })));
    await Promise.all(videos.map((video) => lectern.until(video.id, "complete")));
    id = videos[0]?.id ?? "";
    expect((await fetch(`${mesh.httpUrl}/v1/videos/${id}/frame?t=1`)).status).to.equal(200);
    const segment = Buffer.from(await (await lectern.segment(id, "source", 0)).arrayBuffer());
    const source = await readFile(folder.path("secret-lecture-name.mp4"));
    const record = await readStored(mesh, `videos/${id}/record.json`);
    expect(record.toString()).to.match(/Secret Title.*secret-token|secret-token.*Secret Title/);
    expect((await readStored(mesh, `videos/${id}/media/source/0.m4s`)).equals(segment)).to.equal(true);
    expect((await listStore(mesh, "keys/")).length).to.equal(3);
    expect(await readable("ecret", origin.hostPort, "ftypiso", '"facts"', '"codec', "JFIF", pieceOf(segment), pieceOf(source))).to.deep.equal([]);
  });

  it("is played from after a kill, and by another node, which finds the key by itself", async () => {
    await mesh.kill();
    await start();
    expect((await lectern.segment(id, "source", 1)).status).to.equal(200);
    const other = await joinMesh(mesh, ["--services", "transcoder", "--node-id", "other"]);
    expect(other.output()).to.include("encrypts what belongs to videos");
    expect(await leaveMesh(other)).to.equal(0);
  });

  it("is not worked on by a node with another key, or with none, which says why", async () => {
    for (const [setting, why] of [["env:OTHER_KEY", "none of the keys of LECTERN_STORE_KEYS is the one"], ["none", "LECTERN_STORE_KEYS must say"]]) {
      const node = openLectern([NODE, "--services", "transcoder"], { ...bareEnvironment(), LECTERN_DATA: dataDir, LECTERN_STORE_KEYS: setting, OTHER_KEY: Buffer.alloc(32, 7).toString("base64") });
      expect((await node.exited).code, setting).to.not.equal(0);
      expect(node.output()).to.include(why);
    }
  });

  it("is not started on without its key, and no other is made", async () => {
    await mesh.stop();
    await rename(join(dataDir, "store.key"), join(dataDir, "kept"));
    const failure = await start().then(() => "it started", String);
    expect(failure).to.include("store.key, is missing");
    await rename(join(dataDir, "kept"), join(dataDir, "store.key"));
    await start();
    expect((await lectern.segment(id, "source", 2)).status).to.equal(200);
  });

  it("has nothing of a deleted video, not even its key, title or address", async () => {
    expect((await lectern.remove(id)).status).to.equal(204);
    await eventually(async () => (await listStore(mesh)).every((key) => !key.includes(id) || key.startsWith("deleted/") || key.endsWith(".deleted")));
    expect(await readable("ecret", origin.hostPort)).to.deep.equal([]);
    expect((await lectern.get(id)).status).to.equal("deleted");
  });
});
