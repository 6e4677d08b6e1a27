/** How videos are watched, over HTTP, with a real Redis: who may say it, who may ask, and what becomes of it. */
import { expect } from "chai";
import { Redis } from "ioredis";
import { redisKeys } from "../../config/redis-keys.ts";
import type { UsageAnswer, VideoUsage, ViewMoved, ViewProgressed } from "../../services/insights/insights.contract.ts";
import { eventually } from "../support/eventually.ts";
import { watchEvents } from "../support/history.ts";
import { startPrivateMesh, type PrivateMesh } from "../support/private-mesh.ts";
import { sharedRedis } from "../support/servers.ts";

const AGENT = "Mozilla/5.0 of Anna's own telephone";

describe("how videos are watched", function () {
  this.timeout(40_000);
  let mesh: PrivateMesh;
  let redis: Redis;
  let id: string;
  let sessions = 0;

  before(async () => {
    mesh = await startPrivateMesh();
    redis = new Redis((await sharedRedis()).url);
  });
  after(async () => {
    redis.disconnect();
    await mesh.stop();
  });
  beforeEach(async () => { id = await mesh.make({ tenant: "physics" }); });

  const newSession = (): string => `session-${String(++sessions).padStart(12, "0")}`;
  const report = (path: string, body: object | string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${mesh.url}${path}`, { method: "POST", headers: { "Content-Type": "text/plain;charset=UTF-8", "User-Agent": AGENT, ...headers }, body: typeof body === "string" ? body : JSON.stringify({ session: newSession(), seq: 0, ...body }) });
  const codeOf = async (answer: Response): Promise<[number, string | undefined]> => [answer.status, answer.status === 204 ? undefined : ((await answer.json()) as { code?: string }).code];
  const usageOf = async (video: string, key = "submitter+physics"): Promise<VideoUsage> => (await (await mesh.ask(`/v1/videos/${video}/usage`, { key })).json()) as VideoUsage;
  const counted = (video: string, views: number): Promise<VideoUsage> => eventually(async () => {
    const usage = await usageOf(video, "admin");
    return usage.totals.views === views && usage;
  });
  const ranked = async (query = "", key = "submitter+physics"): Promise<UsageAnswer> => (await (await mesh.ask(`/v1/usage${query}`, { key })).json()) as UsageAnswer;

  it("is what players say, once however often they say it", async () => {
    const body = JSON.stringify({ session: newSession(), seq: 0, ranges: [[0, 6.5], [10, 12, 2]], seeks: [[6.5, 10]], startupMs: 321, stallsMs: [700], pauses: 1 });
    expect((await report(`/play/${id}/usage`, body)).status).to.equal(204);
    await report(`/play/${id}/usage`, body);
    const usage = await counted(id, 1);
    expect(usage).to.deep.include({ durationSec: 20, bucketSec: 1, pauses: 1, totals: { views: 1, viewers: 1, watchSec: 8.5, completions: 0 }, heat: [1, 1, 1, 1, 1, 1, 0.5, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], seeks: [{ fromSec: 6, toSec: 10, count: 1 }] });
    expect(usage.quality).to.include({ startups: 1, startupMs: 321, stalls: 1, stallSec: 0.7 });
    const metrics = mesh.gateway.metrics.list({}).filter(({ name }) => name.startsWith("lectern_player_st"));
    expect(metrics.map(({ name, values }) => [name, ...Array.from(values.values(), ({ value, count }: { value?: number; count?: number }) => value ?? count)])).to.have.deep.members([["lectern_player_startup_seconds", 1], ["lectern_player_stall_seconds", 1], ["lectern_player_stalls_total", 1]]);
  });

  it("is in the figures of players as far as it can have been, and once something was watched", async () => {
    const stalls = (): number => Number(mesh.gateway.metrics.list({}).filter(({ name }) => name === "lectern_player_stalls_total").flatMap(({ values }) => Array.from(values.values(), ({ value }: { value?: number }) => value ?? 0))[0] ?? 0);
    const [before, session] = [stalls(), newSession()];
    const say = (seq: number, body: object): Promise<Response> => report(`/play/${id}/usage`, JSON.stringify({ session, seq, ...body }));
    await say(0, { stallsMs: Array.from({ length: 32 }, () => 10) });
    await say(1, { ranges: [[0, 10]], stallsMs: Array.from({ length: 32 }, () => 3_600_000) });
    await say(2, { ranges: [[10, 12]], stallsMs: Array.from({ length: 32 }, () => 10) });
    await eventually(async () => (await usageOf(id, "admin")).totals.watchSec === 12);
    expect([stalls() - before, (await usageOf(id, "admin")).quality.stalls]).to.deep.equal([4, 64]);
  });

  it("is said by whoever may watch: of a private video with its link, and else it is as one that there is not", async () => {
    const hidden = await mesh.make({ tenant: "physics", visibility: "private" });
    const watch = { ranges: [[0, 10]] };
    const path = new URL((await mesh.link(hidden)).playback["hls"] ?? "", mesh.url).pathname.replace("master.m3u8", "usage");
    expect(await codeOf(await report(path, watch))).to.deep.equal([204, undefined]);
    const theirs = await codeOf(await report(`/play/${hidden}/usage`, watch));
    expect(theirs).to.deep.equal([404, "video_not_found"]);
    expect(await codeOf(await report("/play/01zzzzzzzzzzzzzzzzzzzzzzzz/usage", watch))).to.deep.equal(theirs);
    expect(await codeOf(await report(path.replace(hidden, id), watch)), "a link to another video").to.deep.equal(theirs);
    expect((await counted(hidden, 1)).totals.views).to.equal(1);
    await mesh.ask(`/v1/videos/${hidden}/links`, { method: "DELETE", key: "submitter" });
    expect(await codeOf(await report(path, watch)), "an ended one").to.deep.equal(theirs);
  });

  it("is refused where it is too much, or not of its form", async () => {
    expect(await codeOf(await report(`/play/${id}/usage`, { ranges: Array.from({ length: 60 }, () => [0.123456789012345, 1.123456789012345, 1.00000000000001]), seeks: Array.from({ length: 60 }, () => [1.123456789012345, 2.123456789012345]) }))).to.deep.equal([413, "body_too_large"]);
    for (const body of ["", "[]", "{", `{"session":"x"}`]) expect(await codeOf(await report(`/play/${id}/usage`, body)), body).to.deep.equal([400, "bad_request"]);
    expect(await codeOf(await report(`/play/${id}/usage`, { ranges: [[0, 1]], name: "Anna" }))).to.deep.equal([400, "bad_request"]);
  });

  it("is told to those of the video's tenant alone", async () => {
    expect(await codeOf(await mesh.ask(`/v1/videos/${id}/usage`, { key: "submitter+arts" }))).to.deep.equal(await codeOf(await mesh.ask("/v1/videos/01zzzzzzzzzzzzzzzzzzzzzzzz/usage", { key: "submitter+arts" })));
    expect(await codeOf(await mesh.ask("/v1/usage?tenant=physics", { key: "admin+arts" }))).to.deep.equal([403, "forbidden"]);
    expect(await codeOf(await mesh.ask("/v1/usage/export?tenant=physics", { key: "admin+arts" }))).to.include(403);
    await report(`/play/${id}/usage`, { ranges: [[0, 10]] });
    await counted(id, 1);
    expect([(await ranked("", "submitter+arts")).videos, (await ranked("?tenant=physics", "admin")).videos.some((video) => video.id === id)]).to.deep.equal([[], true]);
  });

  it("is ranked by course, from the day on which it is watched", async () => {
    const make = (title: string, course: string): Promise<string> => mesh.make({ tenant: "chemistry", title, labels: { course } });
    const [much, little, other] = [await make("Acids", "lab"), await make("Bases", "lab"), await make("Gases", "theory")];
    for (const [video, to] of [[much, 20], [little, 6], [other, 20]] as const) await report(`/play/${video}/usage`, { ranges: [[0, to]] });
    const answer = await eventually(async () => {
      const found = await ranked("?course=lab", "auditor+chemistry");
      return found.totals.views === 2 && found;
    });
    expect(answer).to.deep.include({ tenant: "chemistry", course: "lab", totals: { views: 2, viewers: 2, watchSec: 26, completions: 1 } });
    expect(answer.videos.map(({ title, views, watchSec }) => [title, views, watchSec])).to.deep.equal([["Acids", 1, 20], ["Bases", 1, 6]]);
    const first = await ranked("?limit=1", "auditor+chemistry");
    expect([first.videos.length, first.more, first.totals.views]).to.deep.equal([1, true, 3]);
    await mesh.worker.call("insights.write");
    expect((await ranked("?course=lab", "auditor+chemistry")).videos, "from the store as from Redis").to.deep.equal(answer.videos);
  });

  it("stays when Redis is lost, and goes on", async () => {
    await report(`/play/${id}/usage`, { ranges: [[0, 10]] });
    await counted(id, 1);
    await mesh.worker.call("insights.write");
    const keys = redisKeys(mesh.worker.namespace);
    const day = new Date().toISOString().slice(0, 10);
    expect(await redis.del(keys.usageDay(day, id), keys.usageViewers(day, id))).to.equal(2);
    expect((await usageOf(id)).totals).to.deep.include({ views: 1, watchSec: 10 });
    await report(`/play/${id}/usage`, { ranges: [[10, 20]] });
    expect((await counted(id, 2)).totals.watchSec).to.equal(20);
  });

  it("goes with its video, and names nobody meanwhile", async () => {
    const caller = { subject: "login:anna", roles: ["viewer" as const] };
    const call = (): Promise<void> => mesh.worker.call("insights.report", { id, report: { session: newSession(), seq: 0, ranges: [[0, 10]] }, origin: { household: "198.51.100.99", agent: AGENT } }, { meta: { passport: mesh.papers.issue(caller) } });
    await call();
    await counted(id, 1);
    await mesh.worker.call("insights.write");
    const mine = (): string[] => [...mesh.store.objects.keys()].filter((key) => key.includes(id) && key.includes("usage"));
    expect(mine()).to.have.length(2);
    const inRedis = await redis.keys(`${mesh.worker.namespace}:usage*`);
    const kept = [...mesh.store.objects].map(([key, bytes]) => key + bytes.toString("latin1")).concat(inRedis, await Promise.all(inRedis.map(async (key) => (await redis.dumpBuffer(key))?.toString("latin1") ?? "")));
    for (const name of ["anna", "198.51.100.99", "127.0.0.1", AGENT]) expect(kept.filter((text) => text.includes(name)), name).to.deep.equal([]);
    await mesh.worker.call("videos.remove", { id });
    await eventually(() => mine().length === 0);
    await mesh.worker.call("insights.write");
    expect([mine(), (await mesh.ask(`/v1/videos/${id}/usage`, { key: "admin" })).status, await redis.keys(`${mesh.worker.namespace}:usage-day:*${id}`)]).to.deep.equal([[], 410, []]);
  });

  it("is announced: whence a browser came, unless it asks not to be followed, and where it is", async () => {
    const events = watchEvents(mesh.gateway, "view.*");
    const before = await mesh.make({ tenant: "physics" });
    await report(`/play/${id}/usage`, { ranges: [[2, 9, 1.5]], previous: before });
    const moved = await events.until(({ name }) => name === "view.moved");
    expect(moved.payload).to.deep.include({ tenant: "physics", fromVideoId: before, toVideoId: id } satisfies Partial<ViewMoved>);
    expect(events.all.filter(({ name }) => name === "view.progressed").map(({ payload }) => payload)).to.deep.equal([{ videoId: id, position: 9, rate: 1.5 } satisfies ViewProgressed]);
    await report(`/play/${before}/usage`, { ranges: [[0, 9]], previous: id }, { "Sec-GPC": "1" });
    const { payload } = await events.until(({ name, payload: { toVideoId } }) => name === "view.moved" && toVideoId === before);
    expect(payload).to.not.have.property("fromVideoId");
    expect((await counted(before, 1)).totals.viewers).to.equal(0);
  });

  it("is exported, a line a video and day", async () => {
    await report(`/play/${id}/usage`, { ranges: [[0, 10]] });
    await counted(id, 1);
    const answer = await mesh.ask("/v1/usage/export", { key: "operator+physics" });
    expect(answer.headers.get("content-type")).to.equal("application/x-ndjson");
    const lines = (await answer.text()).trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ videoId }) => videoId === id);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ tenant: "physics", views: 1, watchMs: 10_000, viewers: 1 });
  });
});
