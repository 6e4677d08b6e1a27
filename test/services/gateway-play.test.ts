/** The gateway over HTTP: what players ask it for, and the stream of a video's events. */
import { expect } from "chai";
import { fail } from "../../config/errors.ts";
import { GrowingBytes } from "../../mixins/growing-bytes.ts";
import { openHistory } from "../support/history.ts";
import { rejection } from "../support/rejection.ts";
import { expectProblem, OTHER_ID, startGatewayMesh, VIDEO_ID, videoView, type GatewayMesh } from "./gateway-mesh.ts";

describe("gateway over HTTP", () => {
  let mesh: GatewayMesh;

  beforeEach(async () => { mesh = await startGatewayMesh(); });
  afterEach(() => mesh.stop());

  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(mesh.url + path, init);

  describe("/play", () => {
    it("serves the DASH manifest, captions and key frames as what they are, also to other sites' pages", async () => {
      const kept = "public, max-age=31536000, immutable";
      const served = [
        ["manifest.mpd", "application/dash+xml", "public, max-age=60", `<MPD id="${VIDEO_ID}"/>`],
        ["source/iframes.m3u8", "application/vnd.apple.mpegurl", "public, max-age=60", "#EXTM3U keys of source"],
        ["source/keys/7.m4s", "video/mp4", kept, "key 7 of source"],
        ["subs/sub-1.m3u8", "application/vnd.apple.mpegurl", "public, max-age=60", "#EXTM3U captions sub-1"],
        ["subs/sub-1.vtt", "text/vtt; charset=utf-8", kept, "WEBVTT sub-1"],
      ] as const;
      for (const [path, type, caching, body] of served) {
        const answer = await ask(`/play/${VIDEO_ID}/${path}`, { headers: { Origin: "https://course.example" } });
        expect(await answer.text(), path).to.equal(body);
        expect([answer.headers.get("content-type"), answer.headers.get("cache-control"), answer.headers.get("access-control-allow-origin")], path).to.deep.equal([type, caching, "*"]);
      }
      for (const path of ["source/keys/07.m4s", "source/keys/x.m4s", `${"x".repeat(40)}/keys/0.m4s`, "subs/..%2fplan.vtt"]) await expectProblem(await ask(`/play/${VIDEO_ID}/${path}`), "segment_not_found");
    });

    it("serves playlists and segments with their types, caching and tier", async () => {
      const master = await ask(`/play/${VIDEO_ID}/master.m3u8`);
      expect([master.status, master.headers.get("content-type"), master.headers.get("cache-control"), await master.text()]).to.deep.equal([200, "application/vnd.apple.mpegurl", "public, max-age=60", "#EXTM3U\n"]);
      const segment = await ask(`/play/${VIDEO_ID}/360p/12.m4s`);
      expect([segment.headers.get("content-type"), segment.headers.get("cache-control"), await segment.text()]).to.deep.equal(["video/mp4", "public, max-age=31536000, immutable", "segment 12"]);
      expect(segment.headers.get("server-timing")).to.match(/^cache;desc=memory;dur=0\.0, total;dur=\d+\.\d$/);
      expect(await (await ask(`/play/${VIDEO_ID}/audio/init.mp4`)).text()).to.equal("segment init");
      expect(await (await ask(`/play/${VIDEO_ID}/source/media.m3u8`)).text()).to.contain("#EXT-X-ENDLIST");
    });

    it("may be read by any origin, without credentials, and nothing else may", async () => {
      const origin = { Origin: "https://lms.example" };
      const segment = await ask(`/play/${VIDEO_ID}/360p/0.m4s`, { headers: origin });
      expect([segment.headers.get("access-control-allow-origin"), segment.headers.get("access-control-allow-credentials")]).to.deep.equal(["*", null]);
      const api = await ask(`/v1/videos/${VIDEO_ID}`, { headers: origin });
      expect(api.headers.get("access-control-allow-origin")).to.equal(null);
    });

    it("has one spelling a segment", async () => {
      for (const n of ["01", "-1", "1.0", "x", "1e3", "99999999", "%31%30x", "0x1", " 1"]) {
        await expectProblem(await ask(`/play/${VIDEO_ID}/360p/${n}.m4s`), "segment_not_found");
      }
    });

    it("passes on why a video doesn't play", async () => {
      mesh.fakes.master = async () => { throw fail("video_rejected", "The video was rejected.", { reasons: [{ class: "no_video_stream", message: "There is no picture." }] }); };
      const problem = await expectProblem(await ask(`/play/${VIDEO_ID}/master.m3u8`), "video_rejected");
      expect(problem["reasons"]).to.deep.equal([{ class: "no_video_stream", message: "There is no picture." }]);
      mesh.fakes.master = async () => { throw fail("plan_pending", "Still looking."); };
      const pending = await ask(`/play/${VIDEO_ID}/master.m3u8`);
      expect(pending.headers.get("retry-after")).to.equal("1");
      expect(pending.headers.get("access-control-allow-origin")).to.equal("*");
      await expectProblem(pending, "plan_pending");
      await expectProblem(await ask(`/play/${OTHER_ID}/master.m3u8`), "video_not_found");
    });

    it("tells nothing of an error that nobody expected but its request id", async () => {
      mesh.fakes.segment = async () => { throw new Error("secret /var/lib/path"); };
      const answer = await ask(`/play/${VIDEO_ID}/360p/0.m4s`, { headers: { "X-Request-Id": "my-request.1" } });
      const problem = await expectProblem(answer, "internal_error");
      expect(problem["requestId"]).to.equal("my-request.1");
      expect(JSON.stringify(problem)).to.not.contain("secret");
    });

    it("sends a segment as it is made, and its length when that is known", async () => {
      const growing = new GrowingBytes();
      growing.push(Buffer.from("first "));
      mesh.fakes.segment = async () => ({ growing, tier: "made" });
      const answer = await ask(`/play/${VIDEO_ID}/360p/0.m4s`);
      expect([answer.status, answer.headers.get("content-length"), answer.headers.get("content-type")]).to.deep.equal([200, null, "video/mp4"]);
      expect(answer.headers.get("server-timing")).to.match(/^cache;desc=made;dur=0\.0, total;dur=\d+\.\d$/);
      const reader = answer.body?.getReader();
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).to.equal("first ");
      growing.push(Buffer.from("last"));
      growing.end();
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).to.equal("last");
      expect((await reader?.read())?.done).to.equal(true);
    });

    it("breaks off the answer of a segment that fails half-way", async () => {
      const growing = new GrowingBytes();
      growing.push(Buffer.from("first"));
      mesh.fakes.segment = async () => ({ growing, tier: "made" });
      const answer = await ask(`/play/${VIDEO_ID}/360p/0.m4s`);
      growing.fail(fail("encode_failed", "staged"));
      expect(await rejection(answer.arrayBuffer(), "a broken answer")).to.be.instanceOf(Error);
    });

    it("says of a client that leaves a segment that is being made, and of a HEAD, that they do not wait", async () => {
      for (const method of ["GET", "HEAD"]) {
        const asked = openHistory<{ waiter?: string }>();
        const growing = new GrowingBytes();
        growing.push(Buffer.alloc(2_000_000)); // more than the connection takes by itself
        mesh.fakes.segment = async (params) => {
          asked.add(params);
          return { growing, tier: "made" };
        };
        const leaving = new AbortController();
        const answer = await ask(`/play/${VIDEO_ID}/360p/0.m4s`, { method, signal: leaving.signal });
        expect(answer.status).to.equal(200);
        if (method === "GET") leaving.abort();
        const { waiter = "" } = await asked.until(() => true);
        expect(waiter).to.match(/^[0-9a-z]{26}$/);
        await mesh.fakes.left.until((left) => left === waiter);
        growing.end();
      }
      mesh.fakes.segment = async () => ({ bytes: Buffer.from("whole"), tier: "memory" });
      const before = mesh.fakes.left.all.length;
      await (await ask(`/play/${VIDEO_ID}/360p/0.m4s`)).text();
      expect((await ask("/health/live")).status).to.equal(200);
      expect(mesh.fakes.left.all.length).to.equal(before);
    });

    it("survives a client that leaves before the segment is there", async () => {
      const asked = Promise.withResolvers<void>();
      const made = Promise.withResolvers<void>();
      mesh.fakes.segment = async () => { asked.resolve(); await made.promise; return { bytes: Buffer.alloc(1_000_000), tier: "made" }; };
      const leaving = new AbortController();
      const answer = ask(`/play/${VIDEO_ID}/360p/0.m4s`, { signal: leaving.signal }).catch(() => "left");
      await asked.promise;
      leaving.abort();
      expect(await answer).to.equal("left");
      await mesh.fakes.left.until(() => true);
      made.resolve();
      expect((await ask("/health/live")).status).to.equal(200);
    });
  });

  describe("GET /v1/videos/:id/events", () => {
    const event = (n: number, type: "progress" | "complete", data: Record<string, unknown> = { n }) => ({ id: `${n}-0`, type, data });

    it("opens with the video, then its history, and closes after the last event", async () => {
      mesh.fakes.videos.set(VIDEO_ID, videoView(VIDEO_ID, { status: "complete" }));
      mesh.fakes.events.set(VIDEO_ID, [event(1, "progress"), event(2, "complete")]);
      const answer = await ask(`/v1/videos/${VIDEO_ID}/events`);
      expect(answer.headers.get("content-type")).to.equal("text/event-stream; charset=utf-8");
      const [retry, video, ...rest] = (await answer.text()).split("\n\n");
      expect(retry).to.equal("retry: 1000");
      expect(video).to.match(/^event: video\ndata: \{"id":"01arz/).and.contain('"playback"');
      expect(rest).to.deep.equal(['id: 1-0\nevent: progress\ndata: {"n":1}', 'id: 2-0\nevent: complete\ndata: {"n":2}', ""]);
    });

    it("tells news when the video changes, to everyone by one look", async () => {
      mesh.fakes.events.set(VIDEO_ID, [event(1, "progress")]);
      const answers = await Promise.all(Array.from({ length: 5 }, () => ask(`/v1/videos/${VIDEO_ID}/events`)));
      const texts = answers.map((answer) => answer.text());
      const readsBefore = mesh.fakes.eventReads;
      mesh.fakes.events.get(VIDEO_ID)?.push(event(2, "complete"));
      mesh.fakes.videos.set(VIDEO_ID, videoView(VIDEO_ID, { status: "complete" }));
      await mesh.broker.broadcast("video.changed", { videoId: VIDEO_ID });
      for (const text of await Promise.all(texts)) expect(text).to.match(/event: video\ndata: \{[^\n]*"status":"complete"[^\n]*\n\nid: 2-0\nevent: complete/);
      expect(mesh.fakes.eventReads - readsBefore).to.be.at.most(2);
    });

    it("resumes after the event that the client saw last, and says when all has been said", async () => {
      mesh.fakes.videos.set(VIDEO_ID, videoView(VIDEO_ID, { status: "complete" }));
      mesh.fakes.events.set(VIDEO_ID, [event(1, "progress"), event(2, "progress"), event(3, "complete")]);
      const resumed = await (await ask(`/v1/videos/${VIDEO_ID}/events`, { headers: { "Last-Event-ID": "2-0" } })).text();
      expect(resumed).to.contain("id: 3-0").and.not.contain("id: 2-0");
      expect((await ask(`/v1/videos/${VIDEO_ID}/events`, { headers: { "Last-Event-ID": "3-0" } })).status).to.equal(204);
      const odd = await (await ask(`/v1/videos/${VIDEO_ID}/events`, { headers: { "Last-Event-ID": "<script>" } })).text();
      expect(odd).to.contain("id: 1-0");
    });

    it("answers a problem for a video that isn't there", async () => {
      await expectProblem(await ask(`/v1/videos/${OTHER_ID}/events`), "video_not_found");
    });

    it("lets the node stop", async () => {
      const answer = await ask(`/v1/videos/${VIDEO_ID}/events`, { headers: { Accept: "text/event-stream" } });
      const text = answer.text();
      await mesh.stop();
      expect(await text).to.contain("event: video");
      mesh = await startGatewayMesh();
    });
  });
});
