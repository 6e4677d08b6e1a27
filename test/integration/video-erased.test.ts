/** A deleted video leaves nothing of itself behind: every byte of the store, of Redis' files, of caches and logs is looked through. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { expect } from "chai";
import { Redis } from "ioredis";
import { api, type Api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { filesBelow } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

describe("a deleted video", function () {
  this.timeout(120_000);
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;
  let lectern: Api;
  let redis: Redis;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 12, size: "640x360" });
    execFileSync("ffmpeg", ["-v", "error", "-i", folder.path("lecture.mp4"), "-c", "copy", folder.path("lecture.ts")]);
    origin = await startOrigin({ dir: folder.path("") });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort } });
    lectern = api(mesh.httpUrl);
    redis = new Redis(mesh.redisUrl);
  });
  after(async () => {
    redis?.disconnect();
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
  });

  /** Files that hold one of the marks, or are named by it. */
  async function findMarks(marks: Readonly<Record<string, Buffer>>): Promise<string[]> {
    return (await filesBelow(mesh.dataDir)).flatMap((path) => {
      const name = basename(path);
      const bytes = readOr(path);
      return Object.entries(marks).filter(([, mark]) => bytes.includes(mark) || name.includes(mark.toString("latin1"))).map(([what]) => `${what} in ${relative(mesh.dataDir, path)}`);
    });
  }
  /** Part of the bytes of a picture or a sound, that nothing else has. */
  const insideOf = (bytes: Buffer): Buffer => bytes.subarray(Math.floor(bytes.length * 0.75), Math.floor(bytes.length * 0.75) + 32);
  const get = async (path: string): Promise<Buffer> => {
    const answer = await fetch(mesh.httpUrl + path);
    expect(answer.status, path).to.equal(200);
    return Buffer.from(await answer.arrayBuffer());
  };

  for (const [from, file] of [["an address with a secret in it", "lecture.mp4"], ["an address of what is copied to be read", "lecture.ts"], ["an upload", "lecture.mp4"]] as const) {
    it(`from ${from} is nowhere any more`, async () => {
      const called = `ABOUT-${file.toUpperCase()}-${from.length}`;
      const source = from === "an upload" ? { uploadId: (await lectern.upload(folder.path(file))).uploadId } : { url: `${origin.url}/${file}?signature=SECRET-OF-THE-LINK-${called}` };
      const { id } = await lectern.post({ ...source, title: `TITLE-${called}`, labels: { course: `LABEL-${called}` }, policy: "lazy" });
      const made = await Promise.all([`/play/${id}/source/1.m4s`, `/play/${id}/240p/2.m4s`, `/v1/videos/${id}/frame?t=3`, `/v1/videos/${id}/clip?start=1&end=3`, `/play/${id}/storyboard/0.jpg`].map(get));
      const marks = {
        address: Buffer.from(`SECRET-OF-THE-LINK-${called}`), title: Buffer.from(`TITLE-${called}`), label: Buffer.from(`LABEL-${called}`),
        source: insideOf(readFileSync(folder.path(file))), ...Object.fromEntries(made.map((bytes, n) => [["segment", "encoded segment", "frame", "clip", "preview"][n] ?? "", insideOf(bytes)])),
      };
      const before = await findMarks(marks);
      expect(before.filter((found) => found.includes(" in store/")), "the store is encrypted").to.deep.equal([]);
      for (const place of ["redis/", ...(from === "an upload" ? [] : ["cache/source/"]), ...(file === "lecture.ts" ? ["remux/"] : [])]) expect(before.some((found) => found.includes(` in ${place}`)), place).to.equal(true);

      expect((await lectern.remove(id)).status).to.equal(204);
      await eventually(async () => (await findMarks(marks)).length === 0);
      const keys = await redis.keys("*");
      const values = await Promise.all(keys.map(async (key) => (await redis.dump(key).catch(() => "")) ?? ""));
      expect(keys.filter((key, n) => Object.values(marks).some((mark) => `${key}${values[n]}`.includes(mark.toString("latin1"))))).to.deep.equal([]);
      expect((await lectern.get(id)).status).to.equal("deleted");
    });
  }
});

/** Empty: it has gone meanwhile. */
function readOr(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
