/** Links to private videos, and what an attacker makes of them. */
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { tenantMark, type Grant } from "../../config/access/grants.ts";
import { linkKeys } from "../../config/access/link-keys.ts";
import { networkOf, signLink } from "../../config/access/link-token.ts";
import { passports } from "../../config/access/passports.ts";
import { findErrorCode } from "../../config/errors.ts";
import { eventually } from "../support/eventually.ts";
import { MESH_SECRET, startPrivateMesh, type PrivateMesh } from "../support/private-mesh.ts";
import { rejection } from "../support/rejection.ts";

const EPOCH_MS = 31 * 24 * 3_600_000;

describe("a link to a private video", function () {
  this.timeout(30_000);
  let mesh: PrivateMesh;
  let id: string;
  let other: string;

  before(async () => {
    mesh = await startPrivateMesh({ trustedProxies: ["127.0.0.1"] });
    [id, other] = [await mesh.make({ tenant: "physics", visibility: "private" }), await mesh.make({ visibility: "private" })];
  });
  after(() => mesh.stop());

  const statusOf = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
    const answer = await mesh.ask(path, { headers });
    await answer.body?.cancel();
    return answer.status;
  };
  const tokenIn = (url = ""): string => /~([^/]+)/.exec(url)?.[1] ?? "";
  const play = (token: string, videoId = id): string => `/play/~${token}/${videoId}/master.m3u8`;
  /** A link by another key, at another time, or for something else. */
  const forge = (grant: Partial<Grant>, { secret = MESH_SECRET, now = Date.now(), network = undefined as string | undefined } = {}): string =>
    signLink(linkKeys({ linkKeys: undefined, meshSecret: secret, namespace: mesh.gateway.namespace }, () => now), { videoId: id, uses: ["play"], linkId: "AAAAAAAAAAAA", since: 0, tenant: tenantMark("physics"), until: Date.now() + 60_000, ...grant }, network);

  it("leads to all of it, with relative addresses that have it too", async () => {
    const { playback, expiresAt, linkId } = await mesh.link(id);
    expect(linkId).to.match(/^[\w-]{12}$/);
    expect(Date.parse(expiresAt)).to.be.closeTo(Date.now() + 4 * 3_600_000, 60_000);
    expect(Object.keys(playback)).to.deep.equal(["video", "hls", "dash", "page", "storyboard", "frame", "clip"]);
    for (const url of [...Object.values(playback).filter((text) => !/frame|clip/.test(text)), `${playback["frame"]}?t=1`, `${playback["clip"]}?start=1&end=2`, `${playback["video"]}/events`]) {
      expect(await statusOf(url), url).to.equal(200);
    }
    const master = await (await mesh.ask(playback["hls"] ?? "")).text();
    const media = new URL(/^[^#].*$/m.exec(master)?.[0] ?? "", playback["hls"]).href;
    const segment = new URL(/^[^#].*$/m.exec(await (await mesh.ask(media)).text())?.[0] ?? "", media).href;
    expect(tokenIn(segment)).to.equal(tokenIn(playback["hls"]));
    expect(await statusOf(segment)).to.equal(200);
    const state = (await (await mesh.ask(playback["video"] ?? "")).json()) as { playback: object };
    expect(state.playback).to.deep.equal({ hls: playback["hls"], dash: playback["dash"], page: playback["page"] });
  });

  it("is answered for who has it alone, for no longer than it is good, and is told to no other site", async () => {
    const { playback } = await mesh.link(id, { expiresInSec: 100 });
    for (const url of [playback["hls"], playback["hls"]?.replace("master.m3u8", "source/0.m4s"), playback["storyboard"], playback["page"]]) {
      const { headers } = await mesh.ask(url ?? "");
      expect(headers.get("referrer-policy"), url).to.equal("no-referrer");
      const [, kept = "0"] = /^private, (?:max-age=(\d+)|no-cache)$/.exec(headers.get("cache-control") ?? "") ?? ["", "not private"];
      expect(Number(kept), headers.get("cache-control") ?? "").to.be.within(0, 100);
    }
  });

  it("is for what it was made for, and everything else is as if there were nothing", async () => {
    const { playback } = await mesh.link(id, { uses: ["images"] });
    expect(Object.keys(playback)).to.deep.equal(["video", "storyboard", "frame"]);
    const token = tokenIn(playback["frame"]);
    expect([await statusOf(play(token)), await statusOf(`/v1/videos/~${token}/${id}/clip?start=1&end=2`), await statusOf(`/watch/~${token}/${id}`), await statusOf(`/play/~${token}/${id}/storyboard/0.jpg`), await statusOf(`/v1/videos/~${token}/${id}`)]).to.deep.equal([404, 404, 404, 200, 200]);
    const player = tokenIn((await mesh.link(id, { uses: ["play"] })).playback["hls"]);
    expect([await statusOf(play(player)), await statusOf(`/play/~${player}/${id}/storyboard.vtt`)]).to.deep.equal([200, 404]);
    const gone = await mesh.ask(`/watch/~${forge({ until: 1_000 })}/${id}`);
    expect([gone.status, gone.headers.get("content-type"), gone.headers.get("cache-control")]).to.deep.equal([404, "text/html; charset=utf-8", "private, no-cache"]); // for a person, who is told
  });

  it("that is altered, expired, another video's, another tenant's or another mesh's leads nowhere", async () => {
    const token = tokenIn((await mesh.link(id)).playback["hls"]);
    const bad: [string, string][] = [
      ["another video's", play(token, other)], ["an unknown video's", play(token, "01zzzzzzzzzzzzzzzzzzzzzzzz")], ["one letter other", play(token.slice(0, 20) + (token[20] === "A" ? "B" : "A") + token.slice(21))],
      ["expired", play(forge({ until: Date.now() - 1_000 }))], ["another tenant's", play(forge({ tenant: tenantMark("arts") }))], ["another mesh's", play(forge({}, { secret: "a secret of another mesh, as long as it" }))],
      ["of a key that has been changed twice", play(forge({}, { now: Date.now() - 2 * EPOCH_MS }))], ["of no key", play(forge({}, { secret: "" }))], ["nothing", play("")], ["all zeros", play("A".repeat(56))],
    ];
    for (const [what, path] of bad) expect(await statusOf(path), what).to.equal(404);
    expect([await statusOf(play(forge({}))), await statusOf(play(forge({}, { now: Date.now() - EPOCH_MS })))]).to.deep.equal([200, 200]); // of this epoch's key and the one before
  });

  it("has one spelling, one place and no other routes", async () => {
    const { playback } = await mesh.link(id);
    const token = tokenIn(playback["hls"]);
    const paths = [
      `/play/%7e${token}/${id}/master.m3u8`, `/play//~${token}/${id}/master.m3u8`, `/play/~${token}/~${token}/${id}/master.m3u8`, `/play/~${token}/${other}/../${id}/master.m3u8`, `/play/~${token}/${id}/%2e%2e/${other}/master.m3u8`,
      `/play/~${token}/${id}%2f..%2f${other}/master.m3u8`, `/play/${id}/~${token}/master.m3u8`, `/play/${id}/master.m3u8?token=${token}`, `/play/~${token}=/${id}/master.m3u8`, `/~${token}/play/${id}/master.m3u8`,
      `/v1/videos/~${token}/${id}/jobs`, `/v1/videos/~${token}/${id}/why`, `/v1/videos/~${token}`, `/v1/~${token}/videos`, `/v1/keys/~${token}/${id}`, `/assets/~${token}/${id}`,
    ];
    for (const path of paths) {
      const { socket, status } = await raw(path);
      socket.destroy();
      expect(status, path).to.be.oneOf([404, 401]);
    }
    for (const [method, path] of [["DELETE", ""], ["POST", "/links"], ["DELETE", "/links"], ["POST", "/retry"]] as const) expect((await mesh.ask(`/v1/videos/~${token}/${id}${path}`, { method, ...(method === "POST" ? { body: {} } : {}) })).status, method + path).to.equal(404);
    expect(await statusOf(play(token))).to.equal(200);
  });

  it("that is bound is good in its network, which only a proxy of ours may tell", async () => {
    const from = (address: string): Record<string, string> => ({ "x-forwarded-for": address });
    const answer = await mesh.ask(`/v1/videos/${id}/links`, { method: "POST", key: "submitter", body: { bindAddress: true }, headers: from("198.51.100.1, 203.0.113.9") });
    const path = play(tokenIn(((await answer.json()) as { playback: Record<string, string> }).playback["hls"]));
    expect([await statusOf(path, from("203.0.113.77")), await statusOf(path, from("203.0.114.9")), await statusOf(path, from("203.0.113.9, 198.51.100.1")), await statusOf(path), await statusOf(path, from("nonsense"))]).to.deep.equal([200, 404, 404, 404, 404]);
    expect(await statusOf(play(forge({}, { network: networkOf("127.0.0.1") })))).to.equal(200);
  });

  it("counts whatever key is shown beside it, and gives that key nothing", async () => {
    const token = tokenIn((await mesh.link(id)).playback["hls"]);
    expect((await mesh.ask(play(token), { key: "nobody's" })).status).to.equal(200);
    expect((await mesh.ask(play(token, other), { key: "admin" })).status).to.equal(404);
  });

  it("is handed out by who may, for as long as they may", async () => {
    const ask = async (key: string | undefined, body: object, videoId = id): Promise<number> => (await mesh.ask(`/v1/videos/${videoId}/links`, { method: "POST", ...(key === undefined ? {} : { key }), body })).status;
    expect(await Promise.all([undefined, "operator+physics", "auditor+physics", "viewer+physics", "submitter+physics", "admin", "viewer+arts", "admin+arts"].map((key) => ask(key, {})))).to.deep.equal([401, 403, 403, 201, 201, 201, 404, 404]);
    expect([await ask("viewer", { expiresInSec: 14_400 }), await ask("viewer", { expiresInSec: 14_401 }), await ask("submitter", { expiresInSec: 86_400 }), await ask("submitter", { expiresInSec: 86_401 })]).to.deep.equal([201, 400, 201, 400]);
    for (const body of [{ expiresInSec: "60" }, { expiresInSec: 1.5 }, { expiresInSec: 9 }, { uses: [] }, { uses: ["play", "all"] }, { uses: "play" }, { bindAddress: 1 }, { forever: true }]) expect(await ask("admin", body), JSON.stringify(body)).to.equal(400);
    expect(await ask("admin", {}, "01zzzzzzzzzzzzzzzzzzzzzzzz")).to.equal(404);
  });

  it("ends by itself or with all before it, at once, for good, and not with other videos' links", async () => {
    const [first, second, others] = [await mesh.link(id), await mesh.link(id), await mesh.link(other)];
    const status = async (): Promise<number[]> => await Promise.all([first, second, others].map(({ playback }) => statusOf(playback["hls"] ?? "")));
    const end = async (path: string, key = "submitter"): Promise<number> => (await mesh.ask(`/v1/videos/${id}/links${path}`, { method: "DELETE", key })).status;
    expect(await status()).to.deep.equal([200, 200, 200]);
    expect([await end("", "viewer"), await end(`/${first.linkId}`, "viewer"), await end("", "admin+arts"), await end("/nonsense")]).to.deep.equal([403, 403, 404, 404]);
    expect(await status()).to.deep.equal([200, 200, 200]);
    expect(await end(`/${first.linkId}`)).to.equal(204);
    expect(await status()).to.deep.equal([404, 200, 200]);
    expect(await statusOf(first.playback["video"] ?? "")).to.equal(404);
    expect(await end("")).to.equal(204);
    expect(await status()).to.deep.equal([404, 404, 200]);
    const third = await mesh.link(id);
    expect(await statusOf(third.playback["hls"] ?? "")).to.equal(200);
    expect(await end("")).to.equal(204); // within the same second
    expect(await statusOf(third.playback["hls"] ?? "")).to.equal(404);
    expect([...mesh.store.objects.keys()].filter((key) => key.startsWith(`access/links/${id}/`))).to.have.lengthOf(1);
  });

  it("ends an event stream that is open, before it tells anything more", async () => {
    const { playback } = await mesh.link(other);
    const stream = await mesh.ask(`${playback["video"]}/events`);
    const text = stream.text();
    expect(stream.status).to.equal(200);
    await mesh.ask(`/v1/videos/${other}/links`, { method: "DELETE", key: "submitter" });
    await mesh.worker.call("videos.noteProgress", { id: other, progress: { stage: "encoding", storedSegments: 4_242, plannedSegments: 9_999 } });
    expect(await text).to.not.include("4242");
  });

  it("is granted on the node that carries out, too: a passport for one video reads no other, and a forged one none", async () => {
    const grant: Grant = { videoId: id, uses: ["play"], linkId: "BBBBBBBBBBBB", since: 2 ** 32 - 1, tenant: tenantMark("physics"), until: Date.now() + 60_000 };
    const code = async (papers: typeof mesh.papers, action: string, videoId: string, more: Partial<Grant> = {}): Promise<string | undefined> => {
      const call = mesh.gateway.call(action, { id: videoId, rendition: "source", segment: 0, t: "1", format: "jpg" }, { meta: { passport: papers.issue({ subject: "link:B", roles: [], grant: { ...grant, ...more } }) } });
      return await call.then(() => undefined, (error: unknown) => findErrorCode(error) ?? String(error));
    };
    for (const action of ["videos.get", "delivery.master", "delivery.segment"]) {
      expect(await code(mesh.papers, action, id), action).to.equal(undefined);
      expect(await code(mesh.papers, action, other), action).to.equal("video_not_found");
      expect(await code(mesh.papers, action, id, { until: Date.now() - 1 }), action).to.equal("video_not_found");
      expect(await code(mesh.papers, action, id, { since: 0 }), action).to.equal("video_not_found"); // all before were ended
      expect(await code(passports("another mesh's secret, as long as it is", mesh.gateway.namespace), action, id), action).to.equal("unauthorized");
      expect(await code(mesh.papers, action, "01zzzzzzzzzzzzzzzzzzzzzzzz"), action).to.equal("video_not_found");
    }
    expect([await code(mesh.papers, "delivery.still", id), await code(mesh.papers, "delivery.still", id, { uses: ["images"] })]).to.deep.equal(["video_not_found", undefined]);
    for (const action of ["videos.share", "videos.revokeLinks", "videos.remove"]) expect(await code(mesh.papers, action, id), action).to.equal("forbidden");
    expect(findErrorCode(await rejection(mesh.gateway.call("delivery.master", { id }, { meta: { passport: "x" } }), "it"))).to.equal("unauthorized");
  });

  it("is asked for at the store now and then, not with each request", async () => {
    const { playback } = await mesh.link(id);
    let lists = 0;
    const { list } = mesh.store;
    mesh.store.list = async (params) => {
      lists++;
      return await list(params);
    };
    for (let n = 0; n < 40; n++) expect(await statusOf(playback["hls"]?.replace("master.m3u8", `source/${n % 5}.m4s`) ?? "")).to.equal(200);
    mesh.store.list = list;
    expect(lists).to.be.at.most(2);
  });

  it("goes with its video, which nobody else is told of", async () => {
    const doomed = await mesh.make({ visibility: "private" });
    const { playback, linkId } = await mesh.link(doomed);
    expect(await statusOf(playback["hls"] ?? "")).to.equal(200);
    await mesh.ask(`/v1/videos/${doomed}/links/${linkId}`, { method: "DELETE", key: "submitter" });
    expect((await mesh.ask(`/v1/videos/${doomed}`, { method: "DELETE", key: "submitter" })).status).to.equal(204);
    await eventually(async () => expect((await mesh.ask(`/play/${doomed}/master.m3u8`, { key: "viewer" })).status).to.equal(410));
    expect(await statusOf(playback["hls"] ?? "")).to.equal(404);
    expect([...mesh.store.objects.keys()].filter((key) => key.startsWith(`access/links/${doomed}/`))).to.deep.equal([]);
  });

  /** As it stands: `fetch` would tidy the path. */
  async function raw(path: string): Promise<{ socket: Socket; status: number }> {
    const { hostname, port } = new URL(mesh.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    return await new Promise((resolve, reject) => socket.once("data", (bytes) => resolve({ socket, status: Number(/^HTTP\/1.1 (\d+)/.exec(bytes.toString("latin1"))?.[1]) })).once("error", reject));
  }
});

describe("a mesh without a secret", function () {
  this.timeout(30_000);
  let mesh: PrivateMesh;
  before(async () => { mesh = await startPrivateMesh({ meshSecret: undefined, access: "open" }); });
  after(() => mesh.stop());

  it("hands out no links, says what it lacks, and believes none", async () => {
    const id = await mesh.make({ visibility: "private" });
    const answer = await mesh.ask(`/v1/videos/${id}/links`, { method: "POST", body: {} });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([501, "links_off"]);
    for (const meshSecret of ["", "undefined"]) {
      const guessed = signLink(linkKeys({ linkKeys: undefined, meshSecret, namespace: mesh.gateway.namespace }), { videoId: id, uses: ["play"], linkId: "AAAAAAAAAAAA", since: 0, tenant: tenantMark("default"), until: Date.now() + 60_000 }, undefined);
      expect((await mesh.ask(`/play/~${guessed}/${id}/master.m3u8`)).status).to.equal(404);
    }
  });
});
