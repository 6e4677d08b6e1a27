/** Everything dies with SIGKILL while a resumable upload comes in. */
import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { expect } from "chai";
import type { Upload } from "../../services/source/source.contract.ts";
import { eventually } from "../support/eventually.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { listStore, readStored } from "../support/store-files.ts";

const MiB = 1024 * 1024;
const TUS = { "Tus-Resumable": "1.0.0" };

describe("a resumable upload, when the node that takes it is killed", function () {
  this.timeout(60_000);
  const content = randomBytes(20 * MiB);
  let dataDir: string;
  let mesh: Mesh;

  before(async () => {
    dataDir = await makeTempDir("upload-killed");
    mesh = await startMesh({ dataDir });
  });
  after(async () => {
    await mesh?.stop();
    await removeDir(dataDir);
  });

  it("goes on after the parts that were there", async () => {
    const created = await fetch(`${mesh.httpUrl}/v1/uploads/tus`, { method: "POST", headers: { ...TUS, "Upload-Length": String(content.length) } });
    const id = created.headers.get("location")?.split("/").at(-1) ?? "";
    const headers = { ...TUS, "Content-Type": "application/offset+octet-stream" };
    const sending = request(`${mesh.httpUrl}/v1/uploads/tus/${id}`, { method: "PATCH", headers: { ...headers, "Upload-Offset": "0", "Content-Length": content.length } });
    sending.on("error", () => undefined); // its server dies
    sending.write(content.subarray(0, 11 * MiB));
    await eventually(async () => (await listStore(mesh, `uploads/${id}/parts/`)).length === 1);
    await mesh.kill();
    mesh = await startMesh({ dataDir });
    const upload = `${mesh.httpUrl}/v1/uploads/tus/${id}`;
    const offset = Number((await fetch(upload, { method: "HEAD", headers: TUS })).headers.get("upload-offset"));
    expect(offset).to.be.within(8 * MiB, 9 * MiB);
    const last = await fetch(upload, { method: "PATCH", headers: { ...headers, "Upload-Offset": String(offset) }, body: content.subarray(offset) });
    expect(last.status).to.equal(204);
    const record = JSON.parse((await readStored(mesh, `uploads/${id}/upload.json`)).toString()) as Upload;
    expect(record).to.include({ uploadId: id, size: content.length, sha256: createHash("sha256").update(content).digest("hex") });
  });
});
