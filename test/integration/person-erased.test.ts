/** One person's data on a real mesh: given out without anybody else's, then erased, and every byte of every file looked through. */
import { readFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Redis } from "ioredis";
import { hashKey, makeApiKey } from "../../config/access/api-key.ts";
import type { CreatedKey, KeyView } from "../../services/access/access.contract.ts";
import type { RecordView } from "../../services/audit/audit.contract.ts";
import type { Upload } from "../../services/source/source.contract.ts";
import type { ErasureView, LinkItem, PersonDocument } from "../../services/persons/persons.contract.ts";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { eventually } from "../support/eventually.ts";
import { makeLecture } from "../support/lectures.ts";
import { openLectern } from "../support/lectern-process.ts";
import { startLoginIssuer, type LoginIssuer } from "../support/login-issuer.ts";
import { startMesh, type Mesh } from "../support/mesh.ts";
import { bareEnvironment } from "../support/start-process.ts";
import { filesBelow } from "../support/store-files.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

const ADMIN = makeApiKey().key;
const ANNA = "anna.muster@school.example/π";
const BEN = "ben.beispiel";
const program = (name: string): string => fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url));
const pathOf = (subject: string): string => `/v1/persons/${encodeURIComponent(`login:${subject}`)}`;

describe("one person's data", function () {
  this.timeout(120_000);
  let folder: Folder;
  let origin: TestOrigin;
  let issuer: LoginIssuer;
  let mesh: Mesh;
  let redis: Redis;
  let [anna, ben, arts] = ["", "", ""];

  before(async () => {
    folder = await openFolder();
    await makeLecture(folder.path("lecture.mp4"), { seconds: 8, size: "320x180" });
    [origin, issuer] = [await startOrigin({ dir: folder.path("") }), await startLoginIssuer()];
    mesh = await startMesh({ settings: { LECTERN_ACCESS: "keys", LECTERN_ADMIN_KEY_HASH: hashKey(ADMIN), LECTERN_LOGIN_ISSUER: issuer.url, LECTERN_SOURCE_ALLOW: origin.hostPort } });
    redis = new Redis(mesh.redisUrl);
    anna = await issuer.token(ANNA, ["admin"], "physics");
    ben = await issuer.token(BEN, ["submitter"], "physics");
    arts = await issuer.token("dpo", ["admin", "auditor"], "arts");
  });
  after(async () => {
    redis?.disconnect();
    await mesh?.stop();
    await issuer?.stop();
    await origin?.stop();
    await folder?.remove();
  });

  const ask = (key: string | undefined, path: string, method = "GET", body?: object): Promise<Response> => fetch(mesh.httpUrl + path, {
    method, headers: { ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { "Content-Type": "application/json" }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const read = async <T>(response: Response, status = 200): Promise<T> => {
    const text = await response.text();
    expect(response.status, text).to.equal(status);
    return JSON.parse(text) as T;
  };
  const post = async (key: string, more: object, name: string): Promise<VideoView> => await read(await ask(key, "/v1/videos", "POST", { url: `${origin.url}/lecture.mp4?signature=${name}`, policy: "lazy", ...more }), 202);
  const upload = async (key: string): Promise<Upload> => await read(await fetch(`${mesh.httpUrl}/v1/uploads`, { method: "POST", headers: { Authorization: `Bearer ${key}` }, body: readFileSync(folder.path("lecture.mp4")) }), 201);
  const plays = async (id: string, key: string): Promise<number> => (await ask(key, `/play/${id}/source/1.m4s`)).status;
  const done = (order: ErasureView): Promise<ErasureView & { status: "done" }> => eventually(async () => {
    const answer = await ask(ADMIN, `/v1/erasures/${order.id}`).catch(() => undefined); // the node may be away
    const view = answer?.status === 200 ? ((await answer.json()) as ErasureView) : undefined;
    return view?.status === "done" && view;
  });
  /** Files that hold one of the marks, or are named by it. */
  const findMarks = async (marks: readonly string[]): Promise<string[]> => (await filesBelow(mesh.dataDir)).flatMap((path) => {
    const bytes = readOr(path);
    return marks.filter((mark) => bytes.includes(mark) || basename(path).includes(mark)).map((mark) => `${mark} in ${relative(mesh.dataDir, path)}`);
  });

  it("is given out whole, erased whole, and nothing of anybody else's with it", async () => {
    const hers = await post(anna, { title: "TITLE-OF-ANNA", labels: { course: "LABEL-OF-ANNA" }, visibility: "private" }, "SECRET-OF-ANNA");
    const both = await post(anna, {}, "BOTH");
    expect((await post(ben, {}, "BOTH")).id).to.equal(both.id);
    const his = await post(ben, { title: "TITLE-OF-BEN" }, "SECRET-OF-BEN");
    const sent = await upload(anna);
    const key = await read<CreatedKey>(await ask(anna, "/v1/keys", "POST", { name: "LAPTOP-OF-ANNA", roles: ["submitter"], tenant: "physics" }), 201);
    const byKey = await post(key.key, { title: "TITLE-BY-KEY" }, "SECRET-BY-KEY");
    const link = await read<{ linkId: string; playback: { hls: string } }>(await ask(anna, `/v1/videos/${hers.id}/links`, "POST", {}), 201);
    const kept = await post(ben, { title: "PRIVATE-OF-BEN", visibility: "private" }, "PRIVATE-OF-BEN");
    const handedOut = await read<{ linkId: string; playback: { hls: string } }>(await ask(anna, `/v1/videos/${kept.id}/links`, "POST", {}), 201);
    for (const { id } of [hers, both, his, kept]) expect(await plays(id, ben), id).to.equal(200);
    for (const { playback } of [link, handedOut]) expect((await fetch(playback.hls)).status).to.equal(200);

    // Her data, and nothing of his.
    const document = await read<PersonDocument>(await ask(ADMIN, pathOf(ANNA)));
    const { person, parts } = document;
    expect(document).to.deep.include({ format: "lectern-person", version: 1 });
    expect(person).to.match(/^p:[0-9a-f]{32}$/);
    const items = <T>(part: keyof typeof parts): T[] => parts[part].items as T[];
    expect(items<KeyView>("keys").map(({ id, name }) => [id, name])).to.deep.equal([[key.id, "LAPTOP-OF-ANNA"]]);
    expect(JSON.stringify(document)).to.not.include(hashKey(key.key)).and.not.include(key.key.slice(-72));
    expect(items<VideoView>("videos").map(({ id }) => id).toSorted()).to.deep.equal([hers.id, both.id].toSorted());
    expect(items<VideoView>("videos").find(({ id }) => id === hers.id)).to.deep.include({ title: "TITLE-OF-ANNA", labels: { course: "LABEL-OF-ANNA" }, source: { kind: "url", url: `${origin.url}/lecture.mp4?…` } });
    expect(items<Upload>("uploads").map(({ uploadId }) => uploadId)).to.deep.equal([sent.uploadId]);
    expect(items<LinkItem>("links").map(({ linkId }) => linkId).toSorted()).to.deep.equal([link.linkId, handedOut.linkId].toSorted());
    expect(items<RecordView>("audit").filter(({ who, target, from }) => who?.subject !== person && (target?.["person"] !== person || from !== undefined))).to.deep.equal([]);
    expect(items<RecordView>("audit").map(({ action }) => action)).to.include.members(["videos.submit", "access.createKey", "source.receive", "videos.share"]);
    const own = await read<PersonDocument>(await ask(ben, "/v1/persons/me"));
    expect(own.parts.videos.items.map((video) => (video as VideoView).id).toSorted()).to.deep.equal([both.id, his.id, kept.id].toSorted());
    for (const mark of [own.person, his.id, "OF-BEN"]) expect(JSON.stringify({ ...document, parts: { ...parts, audit: {}, links: {} } })).to.not.include(mark);
    for (const mark of [person, hers.id, "OF-ANNA"]) expect(JSON.stringify(own)).to.not.include(mark);
    expect(await read(await ask(ADMIN, `/v1/persons/${person}`)), "by the pseudonym").to.deep.include({ person });

    // Who may not.
    const order = `${pathOf(ANNA)}?videos=erase`;
    for (const [who, status] of [[undefined, 401], [ben, 403], [key.key, 403], [arts, 404]] as const) {
      expect((await ask(who, pathOf(ANNA))).status).to.equal(status);
      expect((await ask(who, order, "DELETE")).status).to.equal(status);
    }
    for (const hostile of ["anna", "login:", "key:x", "p:x", "..%2f..", "login%3a%00", "login%3aa%0ab", "__proto__", `login%3A${"a".repeat(1_001)}`, "%ff"]) {
      for (const method of ["GET", "DELETE"]) expect((await ask(ADMIN, `/v1/persons/${hostile}`, method)).status, hostile).to.be.oneOf([400, 404]);
    }
    expect((await ask(ADMIN, `${pathOf(ANNA)}?videos=some`, "DELETE")).status).to.equal(400);
    expect((await ask(ADMIN, pathOf("nobody-there"))).status).to.equal(404);
    expect(await plays(hers.id, ben), "nothing was ordered").to.equal(200);

    // Her end.
    const marks = [ANNA, encodeURIComponent(ANNA), "anna.muster", "TITLE-OF-ANNA", "LABEL-OF-ANNA", "SECRET-OF-ANNA", "LAPTOP-OF-ANNA"];
    expect((await findMarks(marks)).some((found) => found.startsWith("LAPTOP-OF-ANNA in store/")), "the search finds what is there").to.equal(true);
    const ordered = await read<ErasureView>(await ask(ADMIN, order, "DELETE"), 202);
    expect((await ask(arts, `/v1/erasures/${ordered.id}`)).status).to.equal(404);
    const erased = { videos: 1, sharedVideos: 1, uploads: 1, keys: 1, links: 2 };
    expect((await done(ordered)).erased).to.deep.equal(erased);
    expect((await (await ask(ADMIN, `/v1/videos/${hers.id}`)).json() as VideoView).status).to.equal("deleted");
    expect((await ask(key.key, "/v1/videos")).status).to.equal(401);
    for (const { playback } of [link, handedOut]) expect((await fetch(playback.hls)).status).to.not.equal(200);
    for (const { id } of [both, his, kept, byKey]) expect(await plays(id, ben), id).to.equal(200);
    await eventually(async () => (await findMarks(marks)).length === 0);
    const keys = await redis.keys("*");
    const values = await Promise.all(keys.map(async (name) => `${name}${await redis.dump(name).catch(() => "")}`));
    expect(values.filter((value) => [...marks, key.id].some((mark) => value.includes(mark)))).to.deep.equal([]);

    // What is left: the log, whole, with a receipt.
    const after = await read<PersonDocument>(await ask(ADMIN, pathOf(ANNA)));
    for (const part of ["keys", "videos", "uploads"] as const) expect(after.parts[part].items, part).to.deep.equal([]);
    const receipt = (after.parts.audit.items as RecordView[]).find(({ type }) => type === "erasure");
    expect(receipt).to.deep.include({ target: { order: ordered.id, person, choice: "erase", ...erased }, result: "ok" });
    const again = await done(await read<ErasureView>(await ask(ADMIN, order, "DELETE"), 202));
    expect(again.erased).to.deep.include({ videos: 0, sharedVideos: 0, uploads: 0, keys: 0 });
    expect(await audit("export", folder.path("audit.ndjson"))).to.equal(0);
    expect(await audit("verify", folder.path("audit.ndjson"))).to.equal(0);
  });

  it("is erased whoever dies: another goes on, and counts the same", async () => {
    const token = await issuer.token("carla", ["submitter"]);
    const posted = [];
    for (let n = 0; n < 8; n++) posted.push(await post(token, { title: `TITLE-OF-CARLA-${n}` }, `CARLA-${n}`));
    const order = await read<ErasureView>(await ask(ADMIN, pathOf("carla"), "DELETE"), 202);
    process.kill(mesh.nodePid(), "SIGKILL");
    expect((await done(order)).erased).to.deep.equal({ videos: 8, sharedVideos: 0, uploads: 0, keys: 0, links: 0 });
    for (const { id } of posted) expect(((await (await ask(ADMIN, `/v1/videos/${id}`)).json()) as VideoView).status).to.equal("deleted");
    await eventually(async () => (await findMarks(["carla", "CARLA"])).length === 0);
  });

  it("keeps the videos where that is ordered, and forgets whose they were", async () => {
    const token = await issuer.token("dora", ["submitter"]);
    const video = await post(token, { title: "TITLE-OF-DORA" }, "DORA");
    const { code, output } = await ctl("erase-person", "login:dora", "--videos", "keep");
    expect(code, output).to.equal(0);
    await done({ id: /Order (\w{26})/.exec(output)?.[1] ?? "" } as ErasureView);
    expect(await plays(video.id, ADMIN)).to.equal(200);
    const left = await ctl("person", "login:dora", "--json");
    const { person, parts } = JSON.parse(left.output) as PersonDocument;
    expect(parts.videos.items).to.deep.equal([]);
    expect((await findMarks([person])).filter((found) => !found.includes(" in store/audit/"))).to.deep.equal([]);
  });

  async function audit(...args: string[]): Promise<number | null> {
    return (await openLectern([program("audit"), ...args], { ...bareEnvironment(), LECTERN_DATA: mesh.dataDir, LECTERN_KEY: ADMIN }).exited).code;
  }
  async function ctl(...args: string[]): Promise<{ code: number | null; output: string }> {
    const run = openLectern([program("ctl"), ...args], { ...bareEnvironment(), LECTERN_DATA: mesh.dataDir, LECTERN_KEY: ADMIN });
    const { code } = await run.exited;
    return { code, output: run.output() };
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
