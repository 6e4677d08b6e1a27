/** Every command of the guides, as a reader types it. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { api } from "../support/api.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { readGuide, runGuide } from "../support/guide.ts";
import { PROJECT } from "../support/imports.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { findFreePort } from "../support/ports.ts";
import { runProcess } from "../support/processes.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { startReceiver, type Receiver } from "../support/webhook-receiver.ts";

describe("a guide", function () {
  this.timeout(150_000);
  let folder: Folder;
  let origin: TestOrigin;
  let receiver: Receiver;
  let mesh: Mesh;

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 12, size: "640x360" });
    await writeFile(folder.path("no-video.txt"), "This is a page of words. ".repeat(200));
    origin = await startOrigin({ dir: folder.path("") });
    receiver = await startReceiver();
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort, LECTERN_ACCESS: "keys", LECTERN_TRACE_PERCENT: "100", LECTERN_WEBHOOK_ALLOW: receiver.hostPort } });
  });
  after(async () => {
    await mesh?.stop();
    await Promise.all([origin?.stop(), receiver?.stop()]);
    await folder?.remove();
  });

  it("to the API does what it says, from the first key to the end of a video", async () => {
    const blocks = await readGuide("api");
    const key = (await readFile(join(mesh.dataDir, "admin.key"), "utf8")).trim();
    const told = await runGuide(blocks, { LECTERN: mesh.httpUrl, KEY: key, SOURCE: `${origin.url}/lecture.mp4`, FILE: folder.path("lecture.mp4") }, folder.path(""), folder.path(""));
    expect(told).to.include("#EXTM3U").and.include("WEBVTT").and.include("Thermodynamics 1");
    expect((await readFile(folder.path("slide.webp"))).subarray(8, 12).toString()).to.equal("WEBP");
    for (const name of ["first.m4s", "quote.mp4"]) expect((await stat(folder.path(name))).size, name).to.be.above(10_000);
  });

  it("to the TypeScript client posts a lecture and follows it, as its package is built", async () => {
    const [client, key] = [join(PROJECT, "clients/typescript"), (await readFile(join(mesh.dataDir, "admin.key"), "utf8")).trim()];
    const [, example = ""] = /```ts\n(.*?)```/s.exec(await readFile(join(client, "README.md"), "utf8")) ?? [];
    await runProcess("tsc", ["-p", client]);
    const file = join(client, "dist", "example.ts");
    await writeFile(file, example.replaceAll("https://video.example.org", mesh.httpUrl).replaceAll("https://example.org", origin.url));
    await runProcess("tsc", ["--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node", "--skipLibCheck", file]);
    const told = await runProcess(process.execPath, [file], { env: { LECTERN_KEY: key } });
    expect(told).to.match(/\/play\/[0-9a-z]{26}\/master\.m3u8\n12(\.\d+)? http.*frame\?t=12\.48&width=640&format=webp\n/).and.match(/complete undefined\n$/);
  });

  it("to capacity, traces and webhooks shows what it says", async () => {
    const key = (await readFile(join(mesh.dataDir, "admin.key"), "utf8")).trim();
    const env = { LECTERN: mesh.httpUrl, KEY: key, LECTERN_DATA: mesh.dataDir, ENDPOINT: receiver.url };
    const [capacity, traces, webhooks] = [await readGuide("capacity"), await readGuide("logs-and-traces"), await readGuide("webhooks")];
    const told = await runGuide([...capacity, ...traces, ...webhooks], env, PROJECT, folder.path(""));
    expect(told).to.match(/transcoders?/).and.match(/GET \/v1\/access|access/).and.match(/^whsec_/m);
    await receiver.received.until(({ type }) => type === "webhook.test");
  });

  it("to operating it takes a node in and lets it go, and plays a video out of a backup", async () => {
    const client = api(mesh.httpUrl);
    const key = (await readFile(join(mesh.dataDir, "admin.key"), "utf8")).trim();
    const { id } = await client.post({ url: `${origin.url}/lecture.mp4`, title: "Kept" }, { Authorization: `Bearer ${key}` });
    await client.until(id, "complete");
    const [BACKUP, DRILL] = [folder.path("backup"), folder.path("drill")];
    const told = await runGuide(await readGuide("operating"), { LECTERN: mesh.httpUrl, LECTERN_DATA: mesh.dataDir, BACKUP, DRILL, DRILL_PORT: String(await findFreePort()) }, PROJECT, folder.path(""));
    expect(told).to.include("helper").and.include("drained");
    const served = Buffer.from(await (await client.segment(id, "source", 0)).arrayBuffer());
    expect((await readFile(folder.path("drill.m4s"))).equals(served)).to.equal(true);
  });
});
