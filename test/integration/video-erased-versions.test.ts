/**
 * A video that is deleted from a bucket that keeps versions: every byte of every version is read by a client of the test's
 * own. With a key the wrapped key must be gone from all versions; without one, all that was stored.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { versionedLocation, viewBucket, type BucketView, type KeptVersion } from "../support/bucket-versions.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { makeTempDir, removeDir } from "../support/processes.ts";
import { s3Environment } from "../support/s3.ts";
import { startConditionalProxy, type ConditionalProxy } from "../support/s3-conditional-proxy.ts";
import { startS3FaultProxy, type S3FaultProxy } from "../support/s3-fault-proxy.ts";
import { sharedS3 } from "../support/servers.ts";

const STORE_KEY = randomBytes(32).toString("base64");
const TUS = { "Tus-Resumable": "1.0.0" };

describe("a bucket that keeps versions, when a video is deleted", function () {
  this.timeout(150_000);
  let folder: Folder;
  let lecture: Buffer;
  before(async () => {
    folder = await openFolder();
    lecture = readFileSync(await makeLecture(folder.path("lecture.mp4"), { seconds: 12, size: "640x360" }));
    await sharedS3();
  });
  after(() => folder?.remove());

  for (const isEncrypted of [false, true]) {
    describe(isEncrypted ? "and a store's key is set" : "and nothing is encrypted", () => {
      let view: BucketView;
      let server: ConditionalProxy;
      let proxy: S3FaultProxy;
      let dataDir: string;
      let mesh: Mesh;
      let lectern: Api;
      const start = async (): Promise<void> => {
        const settings = { ...s3Environment({ ...(await sharedS3()), endpoint: proxy.endpoint }, view.bucket), STORE_KEY, LECTERN_STORE_KEYS: isEncrypted ? "env:STORE_KEY" : "none" };
        mesh = await startMesh({ dataDir, settings });
        lectern = api(mesh.httpUrl);
      };

      before(async () => {
        const s3 = await sharedS3();
        view = viewBucket(s3, (await versionedLocation(s3)).bucket);
        server = await startConditionalProxy(s3.endpoint, view.client);
        proxy = await startS3FaultProxy(server.endpoint);
        dataDir = await makeTempDir("versions");
        await start();
      });
      after(async () => {
        await mesh?.stop();
        await proxy?.stop();
        await server?.stop();
        view?.close();
        await removeDir(dataDir);
      });

      /** By tus, in two requests, so that it is put together of parts, which are removed. */
      async function uploadInParts(): Promise<string> {
        const half = lecture.length >> 1;
        const uploads = `${mesh.httpUrl}/v1/uploads/tus`;
        const begun = await fetch(uploads, { method: "POST", headers: { ...TUS, "Upload-Length": String(lecture.length) } });
        const location = new URL(begun.headers.get("Location") ?? "", uploads);
        for (const [offset, bytes] of [[0, lecture.subarray(0, half)], [half, lecture.subarray(half)]] as const) {
          const sent = await fetch(location, { method: "PATCH", headers: { ...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" }, body: new Uint8Array(bytes) });
          expect(sent.status).to.equal(204);
        }
        return location.pathname.split("/").at(-1) ?? "";
      }
      const midstOf = (bytes: Buffer): Buffer => bytes.subarray(Math.floor(bytes.length * 0.75), Math.floor(bytes.length * 0.75) + 32);
      async function make(title: string): Promise<{ id: string; uploadId: string; marks: Record<string, Buffer> }> {
        const uploadId = await uploadInParts();
        const { id } = await lectern.post({ uploadId, title, policy: "lazy" });
        await lectern.until(id, "ready");
        const [segment, frame] = await Promise.all([`/play/${id}/240p/2.m4s`, `/v1/videos/${id}/frame?t=3`].map(async (path) => Buffer.from(await (await fetch(mesh.httpUrl + path)).arrayBuffer())));
        const marks = { title: Buffer.from(title), source: midstOf(lecture), ...(segment === undefined || frame === undefined ? {} : { segment: midstOf(segment), frame: midstOf(frame) }) };
        return { id, uploadId, marks };
      }
      const isOf = ({ id, uploadId }: { id: string; uploadId: string }) => ({ key }: KeptVersion): boolean => [`videos/${id}/`, `uploads/${uploadId}/`].some((unit) => key.startsWith(unit) || key.startsWith(`keys/${unit}`));
      /** Marks that a version has in it, whichever it is. */
      async function findMarks(marks: Record<string, Buffer>): Promise<string[]> {
        const found = await Promise.all((await view.versions()).filter(({ isMarker }) => !isMarker).map(async (version) => {
          const bytes = await view.read(version).catch(() => Buffer.alloc(0)); // it has gone meanwhile
          return Object.entries(marks).filter(([, mark]) => bytes.includes(mark)).map(([name]) => `${name} in ${version.key}${version.isLatest ? "" : ", older"}`);
        }));
        return found.flat();
      }

      it("has nothing of it left in any version", async () => {
        const made = await make(`TITLE-${isEncrypted}`);
        const before = await findMarks(made.marks);
        if (isEncrypted) expect(before).to.deep.equal([]);
        else expect(before).to.include.members([`title in videos/${made.id}/record.json`, `source in uploads/${made.uploadId}/source`]).and.satisfy((found: string[]) => found.some((line) => line.includes("/parts/") && line.endsWith(", older")));
        expect((await view.versions()).filter(isOf(made)).some(({ isMarker }) => isMarker)).to.equal(true);
        expect((await lectern.remove(made.id)).status).to.equal(204);
        await eventually(async () => !(await view.versions()).some(isOf(made)));
        expect(await findMarks(made.marks)).to.deep.equal([]);
        // More than one where a reconciler comes by and finds what was written in the midst of it; each is noted when it has ended.
        const receipts = await eventually(async () => {
          const { records } = (await (await fetch(`${mesh.httpUrl}/v1/audit?video=${made.id}`)).json()) as { records: { type: string; result: string; target: { objects: number; versions: number } }[] };
          const erasures = records.filter(({ type }) => type === "erasure");
          return erasures.reduce((sum, { target }) => sum + target.versions, 0) > 3 && erasures;
        });
        expect([...new Set(receipts.map(({ result }) => result))]).to.deep.equal(["ok"]);
      });

      it("has nothing of it left when the node was killed between looking and deleting, and another goes on", async () => {
        const made = await make(`KILLED-${isEncrypted}`);
        const { held, release } = proxy.hold((line) => /^POST .*[?&]delete/.test(line));
        const removal = lectern.remove(made.id).catch(() => undefined);
        await held;
        await mesh.kill();
        release();
        await removal;
        expect((await view.versions()).some(isOf(made))).to.equal(true);
        await start();
        await eventually(async () => !(await view.versions()).some(isOf(made)));
        expect(await findMarks(made.marks)).to.deep.equal([]);
        expect((await lectern.get(made.id)).status).to.equal("deleted");
      });
    });
  }
});
