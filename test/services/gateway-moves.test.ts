/** Who follows a video holds up no drain and no stop, and goes on at another gateway as if nothing had been. */
import { once } from "node:events";
import { request } from "node:http";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { expect } from "chai";
import { EventSource } from "undici";
import { nodeState } from "../../mixins/node-state.ts";
import type { VideoEvent } from "../../services/videos/videos.contract.ts";
import { openHistory, type History } from "../support/history.ts";
import { eventually } from "../support/eventually.ts";
import { OTHER_ID, startGatewayMesh, VIDEO_ID, videoView, type GatewayMesh } from "./gateway-mesh.ts";

interface Seen { type: string; id: string }
const event = (n: number, type: VideoEvent["type"] = "progress"): VideoEvent => ({ id: `${n}-0`, type, data: {} });

describe("a gateway that drains or stops", function () {
  this.timeout(20_000);
  let meshes: GatewayMesh[];
  let balancer: Server;
  /** Which gateway new connections go to. */
  let target: GatewayMesh;
  let url: string;
  /** Of the videos' history there is one, as in a region. */
  let log: VideoEvent[];
  const sources: EventSource[] = [];

  beforeEach(async () => {
    meshes = await Promise.all([startGatewayMesh(), startGatewayMesh()]);
    target = first();
    log = [event(1, "submitted")];
    for (const { fakes } of meshes) fakes.events.set(VIDEO_ID, log);
    balancer = createServer((socket) => {
      const { hostname, port } = new URL(target.url);
      const onward = connect(Number(port), hostname);
      socket.pipe(onward).pipe(socket);
      for (const [one, other] of [[socket, onward], [onward, socket]] as const) one.on("error", () => other.destroy());
    });
    await once(balancer.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    balancer.close();
    await Promise.all(meshes.map((mesh) => mesh.stop()));
  });

  const first = (): GatewayMesh => meshes[0] ?? expect.fail();
  const second = (): GatewayMesh => meshes[1] ?? expect.fail();
  const running = (): Record<string, number> => nodeState(first().broker).view().running;
  const happens = (...events: VideoEvent[]): void => {
    log.push(...events);
    for (const { broker } of meshes) broker.broadcastLocal("video.changed", { videoId: VIDEO_ID });
  };
  /** As a browser does it. */
  function follow(): { source: EventSource; seen: History<Seen>; opened: History<true> } {
    const [seen, opened] = [openHistory<Seen>(), openHistory<true>()];
    const source = new EventSource(`${url}/v1/videos/${VIDEO_ID}/events`);
    sources.push(source);
    source.addEventListener("open", () => opened.add(true));
    for (const type of ["video", "submitted", "progress", "complete"]) source.addEventListener(type, (message) => seen.add({ type, id: (message as MessageEvent).lastEventId }));
    return { source, seen, opened };
  }
  const told = (seen: History<Seen>): string[] => seen.all.filter(({ type }) => type !== "video").map(({ type, id }) => `${id} ${type}`);

  it("has its followers go on at another, which tells them what came meanwhile, and nothing twice", async () => {
    const { source, seen, opened } = follow();
    await seen.until(({ type }) => type === "submitted");
    happens(event(2));
    await seen.until(({ id }) => id === "2-0");
    expect(running()).to.deep.equal({});
    target = second();
    nodeState(first().broker).drain("for a test");
    happens(event(3));
    await eventually(() => opened.all.length === 2);
    happens(event(4));
    await seen.until(({ id }) => id === "4-0");
    for (const { fakes } of meshes) fakes.videos.set(VIDEO_ID, videoView(VIDEO_ID, { status: "complete" }));
    happens(event(5, "complete"));
    await seen.until(({ type }) => type === "complete");
    expect(told(seen)).to.deep.equal(["1-0 submitted", "2-0 progress", "3-0 progress", "4-0 progress", "5-0 complete"]);
    await eventually(() => source.readyState === EventSource.CLOSED); // 204: all has been said
  });

  it("serves a follower who finds no other while it drains, until it leaves", async () => {
    const { seen, opened } = follow();
    await seen.until(({ type }) => type === "submitted");
    const state = nodeState(first().broker);
    state.drain("for a test");
    await eventually(() => opened.all.length === 2);
    happens(event(2));
    await seen.until(({ id }) => id === "2-0");
    state.settle();
    expect(state.condition).to.equal("drained");
    target = second();
    state.leave();
    await eventually(() => opened.all.length === 3);
    happens(event(3));
    await seen.until(({ id }) => id === "3-0");
    expect(told(seen)).to.deep.equal(["1-0 submitted", "2-0 progress", "3-0 progress"]);
  });

  it("tells a follower whose first look is not over when it leaves what it asked for, and sends it on", async () => {
    const [looking, looked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await first().broker.destroyService(first().broker.getLocalService("videos"));
    first().broker.createService({ name: "videos", actions: {
      get: async () => {
        looking.resolve();
        await looked.promise;
        return videoView(VIDEO_ID);
      },
      events: () => ({ events: log }),
    } });
    const { seen, opened } = follow();
    await looking.promise;
    target = second();
    nodeState(first().broker).leave();
    expect(running()).to.deep.equal({ requests: 1 });
    looked.resolve();
    await eventually(() => opened.all.length === 2);
    happens(event(2));
    await seen.until(({ id }) => id === "2-0");
    expect(told(seen)).to.deep.equal(["1-0 submitted", "2-0 progress"]);
    expect(running()).to.deep.equal({});
  });

  it("waits for an upload all the same, and for who is told that there is no such video", async () => {
    const [arriving, more] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    first().fakes.received = async () => {
      arriving.resolve();
      await more.promise;
    };
    const upload = request(`${first().url}/v1/uploads`, { method: "POST", headers: { "Content-Length": "2" } });
    upload.write("a");
    await arriving.promise;
    expect((await fetch(`${first().url}/v1/videos/${OTHER_ID}/events`)).status).to.equal(404);
    nodeState(first().broker).leave();
    expect(running()).to.deep.equal({ requests: 1 });
    upload.end("b");
    more.resolve();
    const [answer] = await once(upload, "response") as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).to.equal(201);
    await eventually(() => Object.keys(running()).length === 0);
  });
});
