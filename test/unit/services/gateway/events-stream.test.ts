import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import { openEventStreams, type EventStreamPorts, type EventStreams } from "../../../../services/gateway/events-stream.ts";
import type { VideoEvent, VideoView } from "../../../../services/videos/videos.contract.ts";

const view = (status: VideoView["status"]): VideoView => ({ id: "v", status, createdAt: "2026-01-01T00:00:00.000Z", source: { kind: "upload", uploadId: "u" }, visibility: "public", policy: "hybrid", protection: "none", priority: "normal", labels: {} });

describe("event streams", () => {
  let server: Server;
  let streams: EventStreams;
  let faults: unknown[];

  async function start(ports: Partial<EventStreamPorts>, maxStreams?: number): Promise<string> {
    faults = [];
    streams = openEventStreams({ view: async () => view("ready"), events: async () => [], onFault: (error) => faults.push(error), ...ports }, maxStreams);
    server = createServer((_req, res: ServerResponse) => {
      streams.open(res, "v", undefined, { present: (video) => video, admit: async () => undefined }).catch((error: Error) => res.writeHead(503).end(error.message));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }
  afterEach(async () => {
    streams.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("takes no more clients than it is allowed, and room comes back", async () => {
    const url = await start({}, 2);
    const leaving = new AbortController();
    await fetch(url, { signal: leaving.signal });
    await fetch(url);
    const refused = await fetch(url);
    expect([refused.status, await refused.text()]).to.deep.equal([503, "Too many clients follow videos here."]);
    leaving.abort();
    let status = 0;
    while (status !== 200) status = (await fetch(url)).status; // until the server has noticed
  });

  it("misses no change that comes while it looks", async () => {
    const log: VideoEvent[] = [];
    const looking = Promise.withResolvers<void>();
    let looks = 0;
    const url = await start({
      view: async () => view(log.length === 0 ? "ready" : "complete"),
      events: async (_id, after) => {
        const seen = log.filter(({ id }) => after === undefined || id > after);
        if (++looks === 2) {
          log.push({ id: "1-0", type: "complete", data: {} }); // after this look has read
          streams.wake("v");
          looking.resolve();
        }
        return seen;
      },
    });
    const text = (await fetch(url)).text();
    streams.wake("v");
    await looking.promise;
    expect(await text).to.contain("event: complete");
  });

  it("tells the video even when its history can't be read", async () => {
    const url = await start({ view: async () => view("complete"), events: async () => { throw fail("queue_unavailable", "no Redis"); } });
    expect(await (await fetch(url)).text()).to.contain('"status":"complete"');
    expect(faults).to.have.length(1);
  });

  it("ends when the video has gone", async () => {
    let gone = false;
    const url = await start({ events: async () => { if (gone) throw fail("video_not_found", "gone"); return []; } });
    const answer = await fetch(url);
    gone = true;
    streams.wake("v");
    expect(await answer.text()).to.contain('"status":"ready"');
  });

  it("tells who still comes at its end the video, and to go on elsewhere", async () => {
    const url = await start({});
    streams.close();
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get("content-type")]).to.deep.equal([200, "text/event-stream; charset=utf-8"]);
    expect(await answer.text()).to.match(/^retry: 1000\n\nevent: video\n.*\n\n: go on elsewhere\nretry: \d+\n\n$/);
  });

  describe("of a video that was opened once more", () => {
    const log = (...types: VideoEvent["type"][]): VideoEvent[] => types.map((type, n) => ({ id: `${n + 1}-0`, type, data: {} }));
    const types = (text: string): string[] => [...text.matchAll(/^event: (\w+)$/gm)].map(([, type]) => type ?? "").filter((type) => type !== "video");
    const follow = async (status: VideoView["status"], events: VideoEvent[]): Promise<string[]> => {
      let looks = 0;
      const url = await start({
        view: async () => view(status),
        events: async (_id, after) => {
          if (++looks === 2) queueMicrotask(() => streams.close()); // one that goes on would be followed for ever
          return events.filter(({ id }) => after === undefined || id > after);
        },
      });
      return types(await (await fetch(url)).text());
    };

    it("go on after the end that it had", async () => {
      expect(await follow("ready", log("submitted", "failed", "reopened", "progress"))).to.deep.equal(["submitted", "reopened", "progress"]);
    });

    it("go on also when nobody wrote down that it was opened", async () => {
      expect(await follow("ready", log("submitted", "failed", "progress"))).to.deep.equal(["submitted", "progress"]);
    });

    it("end with its second end", async () => {
      expect(await follow("failed", log("submitted", "failed", "reopened", "failed"))).to.deep.equal(["submitted", "reopened", "failed"]);
    });

    it("look again at a video whose end came while it was read", async () => {
      let views = 0;
      const url = await start({ view: async () => view(++views === 1 ? "ready" : "failed"), events: async (_id, after) => (after === undefined ? log("submitted", "failed") : []) });
      expect(types(await (await fetch(url)).text())).to.deep.equal(["submitted", "failed"]);
    });
  });
});
