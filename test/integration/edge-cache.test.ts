/** What nginx keeps of a mesh, for whom, and until when. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { makeCertificates, type Certificates } from "../support/certificates.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { startEdge, type Edge } from "../support/edge.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";
import { watchGateway, type WatchedGateway } from "../support/watched-gateway.ts";

const UNKNOWN = "01j00000000000000000000000";

describe("an edge of nginx before a mesh", function () {
  this.timeout(60_000);
  let certificates: Certificates;
  let folder: Folder;
  let origin: TestOrigin;
  let mesh: Mesh;
  let gateway: WatchedGateway;
  let edge: Edge;
  let key: string;
  let open: string;
  let closed: string;
  let other: string;
  let link: string;

  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(path.startsWith("https:") ? path : `${edge.url}${path}`, init);
  const asAdmin = (): Record<string, string> => ({ "Authorization": `Bearer ${key}`, "Content-Type": "application/json" });
  const cacheOf = async (path: string, init: RequestInit = {}): Promise<[number, string | null]> => {
    const answer = await ask(path, init);
    await answer.arrayBuffer();
    return [answer.status, answer.headers.get("x-cache")];
  };
  const post = async (body: object): Promise<string> => ((await (await ask("/v1/videos", { method: "POST", headers: asAdmin(), body: JSON.stringify(body) })).json()) as { id: string }).id;
  const plays = async (id: string): Promise<string> => {
    await eventually(async () => (await ask(`/play/${id}/source/media.m3u8`, { headers: asAdmin() })).status === 200);
    return id;
  };
  const keptFiles = async (): Promise<Buffer[]> => {
    const files = await readdir(edge.cacheDir, { recursive: true, withFileTypes: true });
    return await Promise.all(files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name))));
  };

  before(async () => {
    certificates = await makeCertificates();
    folder = await openFolder();
    for (const [name, seconds] of [["lecture.mp4", 20], ["other.mp4", 16]] as const) await makeLecture(folder.path(name), { seconds, size: "1280x720" });
    origin = await startOrigin({ dir: folder.path("") });
    mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort, LECTERN_ACCESS: "keys", LECTERN_TRUSTED_PROXIES: "127.0.0.1" } });
    key = (await readFile(join(mesh.dataDir, "admin.key"), "utf8")).trim();
    gateway = await watchGateway(mesh.httpUrl);
    edge = await startEdge(gateway.hostPort, certificates.good);
    open = await plays(await post({ url: `${origin.url}/lecture.mp4`, policy: "lazy" }));
    closed = await plays(await post({ url: `${origin.url}/lecture.mp4`, policy: "lazy", visibility: "private" }));
    const made = await ask(`/v1/videos/${closed}/links`, { method: "POST", headers: asAdmin(), body: JSON.stringify({ expiresInSec: 600, uses: ["play"] }) });
    link = new URL(((await made.json()) as { playback: { hls: string } }).playback.hls).pathname.replace("/master.m3u8", "");
  });
  beforeEach(() => { gateway.seen = []; });
  after(async () => {
    await edge?.stop();
    await gateway?.stop();
    await mesh?.stop();
    await origin?.stop();
    await folder?.remove();
    certificates?.forget();
  });

  it("keeps one object, whatever players say of themselves", async () => {
    for (const name of ["source/0.m4s", "source/media.m3u8", "master.m3u8"]) {
      await cacheOf(`/play/${open}/${name}?CMCD=bl%3D1000`);
      gateway.seen = [];
      for (const query of ["", "?CMCD=bl%3D2000%2Cbs%2Csid%3D%22x%22"]) expect(await cacheOf(`/play/${open}/${name}${query}`), name + query).to.deep.equal([200, "HIT"]);
      expect(gateway.seen).to.deep.equal([]);
      if (name.endsWith(".m3u8")) expect((await cacheOf(`/play/${open}/${name}?CMCD=bl%3D1&region=x`))[1], "a region is chosen").to.equal(null);
    }
  });

  it("answers what is public from its cache from the second time on, as the gateway does", async () => {
    for (const name of ["source/0.m4s", "source/init.mp4", "source/media.m3u8", "master.m3u8", "manifest.mpd"]) {
      const path = `/play/${open}/${name}`;
      await cacheOf(path);
      expect(await cacheOf(path), name).to.deep.equal([200, "HIT"]);
      const [kept, own] = await Promise.all([ask(path), fetch(`${mesh.httpUrl}${path}`)]);
      for (const header of ["cache-control", "content-type", "access-control-allow-origin", "x-content-type-options"]) expect(kept.headers.get(header), `${header} of ${name}`).to.equal(own.headers.get(header));
      expect(Buffer.from(await kept.arrayBuffer()).equals(Buffer.from(await own.arrayBuffer())), name).to.equal(true);
    }
  });

  it("asks the gateway once for what fifty want at once that nobody has made", async () => {
    const rendition = /^(?!source)(\w+)\/media\.m3u8$/m.exec(await (await ask(`/play/${open}/master.m3u8`)).text())?.[1];
    gateway.seen = [];
    const path = `/play/${open}/${rendition}/2.m4s`;
    const answers = await Promise.all(Array.from({ length: 50 }, async () => {
      const answer = await ask(path);
      return `${answer.status} ${Buffer.from(await answer.arrayBuffer()).toString("base64")}`;
    }));
    expect([new Set(answers).size, answers[0]?.slice(0, 4)]).to.deep.equal([1, "200 "]);
    expect(gateway.seen.map((seen) => `${seen.method} ${seen.path}`).toSorted()).to.deep.equal([`GET ${path}`, `GET /play/${open}/${rendition}/media.m3u8`]);
  });

  it("knows HEAD and ranges of what it keeps, and no query makes another of it", async () => {
    const path = `/play/${open}/source/0.m4s`;
    const whole = Buffer.from(await (await ask(path)).arrayBuffer());
    const head = await ask(path, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), head.headers.get("x-cache")]).to.deep.equal([200, String(whole.length), "HIT"]);
    const part = await ask(path, { headers: { Range: "bytes=100-199" } });
    expect([part.status, part.headers.get("content-range")]).to.deep.equal([206, `bytes 100-199/${whole.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(100, 200))).to.equal(true);
    expect((await ask(path, { headers: { Range: `bytes=${whole.length}-` } })).status).to.equal(416);
    expect(await cacheOf(`${path}?v=2`)).to.deep.equal([200, "HIT"]);
  });

  it("gives what is private to nobody but who has the link or a key, and keeps nothing of it, in no file and no log", async () => {
    for (let time = 0; time < 2; time++) {
      for (const name of ["master.m3u8", "source/media.m3u8", "source/init.mp4", "source/1.m4s"]) {
        expect(await cacheOf(`${link}/${name}`), name).to.deep.equal([200, null]);
        expect(await cacheOf(`/play/${closed}/${name}`, { headers: { Authorization: `Bearer ${key}` } }), name).to.deep.equal([200, null]);
        expect((await cacheOf(`/play/${closed}/${name}`))[0], name).to.equal(404);
        expect((await cacheOf(`/play/~${"x".repeat(40)}/${closed}/${name}`))[0], name).to.be.oneOf([401, 404]);
      }
    }
    const token = /~([^/]+)/.exec(link)?.[1] ?? "";
    await cacheOf(link.replace("~", "%7E") + "/source/1.m4s");
    expect((await keptFiles()).filter((bytes) => bytes.includes(closed) || bytes.includes(token))).to.deep.equal([]);
    gateway.away = true;
    expect((await cacheOf(`${link}/source/1.m4s`))[0]).to.equal(502);
    gateway.away = false;
    const logs = await edge.logs();
    expect(logs).to.include(`/play/~…/${closed}/source/1.m4s`).and.not.include(token);
    expect(logs).to.not.include(key);
  });

  it("keeps no answer that says that it is not for keeping", async () => {
    for (const [path, status] of [[`/play/${UNKNOWN}/source/0.m4s`, 404], [`/play/${UNKNOWN}/master.m3u8`, 404], [`/play/${open}/source/9999.m4s`, 404], [`/play/${open}/key`, 404], ["/health/live", 200], [`/v1/videos/${open}`, 200]] as const) {
      gateway.seen = [];
      for (let time = 0; time < 2; time++) expect((await cacheOf(path))[0], path).to.equal(status);
      expect(gateway.seen.filter((seen) => seen.path === path).length, path).to.equal(2);
    }
  });

  it("plays on what it keeps while no gateway answers, and says so of the rest", async () => {
    gateway.hurried = true;
    other = await plays(await post({ url: `${origin.url}/other.mp4`, policy: "lazy" }));
    const paths = ["master.m3u8", "source/media.m3u8", "source/init.mp4", "source/3.m4s"].map((name) => `/play/${other}/${name}`);
    for (const path of paths) expect((await cacheOf(path))[0]).to.equal(200);
    gateway.away = true;
    await eventually(async () => (await cacheOf(`/play/${other}/source/media.m3u8`))[1] === "STALE");
    for (const path of paths) expect((await cacheOf(path))[0], path).to.equal(200);
    expect((await cacheOf(`/play/${other}/source/4.m4s`))[0]).to.equal(502);
    gateway.away = false;
    expect((await cacheOf(`/play/${other}/source/4.m4s`))[0]).to.equal(200);
  });

  it("has nothing of a deleted video when what its playlist said of time has passed, then not while no gateway answers either", async () => {
    const paths = ["source/media.m3u8", "source/init.mp4", "source/0.m4s"].map((name) => `/play/${other}/${name}`);
    for (const path of paths) expect((await cacheOf(path))[0]).to.equal(200);
    expect((await ask(`/v1/videos/${other}`, { method: "DELETE", headers: asAdmin() })).status).to.equal(204);
    await eventually(async () => (await cacheOf(paths[2] ?? ""))[0] === 410);
    for (const path of paths) expect((await cacheOf(path))[0], path).to.equal(410);
    gateway.away = true;
    await eventually(async () => (await cacheOf(paths[0] ?? ""))[1] === "STALE");
    expect((await cacheOf(paths[0] ?? ""))[0]).to.equal(410);
    for (const path of paths.slice(1)) expect((await cacheOf(path))[0], path).to.equal(502);
    gateway.away = false;
  });
});
