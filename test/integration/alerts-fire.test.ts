/**
 * A real mesh, watched by a real Prometheus with the shipped rules and a real Alertmanager: what is broken is told, and no longer when
 * it is mended. Every query of every dashboard is asked, too. Only intervals and waits are shorter than shipped.
 */
import { rename, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { api, type Api } from "../support/api.ts";
import { makeCertificates, type Certificates } from "../support/certificates.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { listQueries } from "../support/dashboards.ts";
import { eventually } from "../support/eventually.ts";
import type { LecternProcess } from "../support/lectern-process.ts";
import { makeLecture } from "../support/lectures.ts";
import { joinMesh, leaveMesh, startMesh, type Mesh } from "../support/mesh.ts";
import { startNats, type TestServer } from "../support/nats.ts";
import { findFreePort } from "../support/ports.ts";
import { startMonitoring, type Monitoring } from "../support/prometheus.ts";
import { startRedis } from "../support/redis.ts";
import { startOrigin, type TestOrigin } from "../support/test-origin.ts";

/** What has nothing to say here, by what the query names. */
const SILENT: readonly (readonly [RegExp, string])[] = [
  [/lectern_(replication|region_reads)_/, "there is one region, so nothing is copied"],
  [/lectern_(player|cmcd)_/, "no player reports"],
  [/_refusals_total/, "nothing is refused"],
  [/lectern_failed_requests_total/, "nothing fails by our fault"],
  [/moleculer_req_errors_total\{.*action=~/, "nothing fails"],
  [/== [01]\b(?!.* or )/, "it lists what is wrong, and nothing is"],
  [/lectern_source_wait_seconds/, "no host's budget is used up"],
  [/lectern_screening_/, "the video is still to be screened, or was before Prometheus looked"],
];

describe("alerts of a real mesh", function () {
  this.timeout(120_000);
  let folder: Folder;
  let certificates: Certificates;
  let origin: TestOrigin;
  let nats: TestServer;
  let redis: TestServer;
  let mesh: Mesh;
  let edge: LecternProcess;
  let worker: LecternProcess;
  let watch: Monitoring;
  let lectern: Api;
  const store = (): string => folder.path("store");

  before(async () => {
    [folder, certificates, nats, redis] = [await openFolder(), await makeCertificates(), await startNats(), await startRedis()];
    for (const name of ["one", "two"]) await makeLecture(folder.path(`${name}.mp4`), { seconds: 6, size: "640x360" });
    origin = await startOrigin({ dir: folder.path("") });
    const ports = [await findFreePort(), await findFreePort(), await findFreePort()].map(String) as [string, string, string];
    mesh = await startMesh({ settings: {
      LECTERN_NATS_URL: nats.url, LECTERN_REDIS_URL: redis.url, LECTERN_STORE: `file:${store()}`, LECTERN_METRICS_PORT: ports[0], LECTERN_SLOTS: "1", LECTERN_SOURCE_ALLOW: origin.hostPort,
    } });
    lectern = api(mesh.httpUrl);
    for (const [kind, pem] of Object.entries(certificates.good)) await writeFile(folder.path(kind), pem);
    edge = await joinMesh(mesh, ["--node-id", "edge", "--services", "gateway"], { LECTERN_METRICS_PORT: ports[1], LECTERN_HTTP_PORT: String(await findFreePort()), LECTERN_TLS_CERT: folder.path("cert"), LECTERN_TLS_KEY: folder.path("key"), LECTERN_ACCESS: "open" });
    worker = await joinMesh(mesh, ["--node-id", "worker", "--services", "transcoder"], { LECTERN_METRICS_PORT: ports[2], LECTERN_ACCESS: "open" });
    watch = await startMonitoring({ local: ports.map((port) => `127.0.0.1:${port}`) });
  });
  after(async () => {
    await watch?.stop();
    for (const node of [edge, worker]) if (node !== undefined && node.child.signalCode === null) await leaveMesh(node);
    await mesh?.stop();
    await Promise.all([nats?.stop(), redis?.stop(), origin?.stop()]);
    certificates?.forget();
    await folder?.remove();
  });

  const operate = async (path: string): Promise<void> => {
    const { ok, status } = await fetch(`${mesh.httpUrl}/v1/${path}`, { method: "POST" });
    expect(ok, `${path}: ${status}`).to.equal(true);
  };
  const names = (alerts: { labels: Record<string, string> }[]): string[] => [...new Set(alerts.map(({ labels }) => labels["alertname"] ?? ""))].sort();
  /** Fires in Prometheus, and has come to Alertmanager for the receiver of its severity. */
  async function told(...alerts: string[]): Promise<void> {
    await eventually(async () => {
      const firing = await watch.firing();
      const arrived = await watch.arrived();
      return alerts.every((alert) => firing.some(({ labels }) => labels["alertname"] === alert) && arrived.some(({ labels, receivers }) => labels["alertname"] === alert && receivers[0]?.name === labels["severity"]));
    });
  }
  const over = (...alerts: string[]): Promise<unknown> => eventually(async () => (await watch.firing()).every(({ labels }) => !alerts.includes(labels["alertname"] ?? "")));

  it("fill every panel of every dashboard, but what has nothing to say", async () => {
    const { id } = await lectern.post({ url: `${origin.url}/one.mp4`, policy: "eager" });
    await lectern.playlist(id);
    await (await lectern.segment(id, "source", 0)).arrayBuffer(); // while it is new, as who waits for it does
    await lectern.until(id, "complete");
    const watchOn = async (): Promise<void> => {
      await lectern.playlist(id);
      for (const rendition of ["source", "360p"]) for (const segment of [0, 1]) await (await lectern.segment(id, rendition, segment)).arrayBuffer();
      await fetch(`${mesh.httpUrl}/v1/videos/${id}x`);
      await fetch(`${mesh.httpUrl}/play/${id}/none/0.m4s`);
    };
    await watchOn();
    const wanted = listQueries().filter(({ expr }) => !SILENT.some(([pattern]) => pattern.test(expr)));
    expect(wanted.length).to.be.above(30);
    let without = wanted;
    const endsAt = Date.now() + 90_000;
    await eventually(async () => {
      await watchOn();
      const answered = await Promise.all(without.map(async (query) => ({ query, rows: await watch.query(query.expr) })));
      without = answered.filter(({ rows }) => rows.length === 0).map(({ query }) => query);
      return without.length === 0 || Date.now() > endsAt;
    });
    expect(without.map(({ dashboard, panel, expr }) => `${dashboard}: ${panel}: ${expr}`)).to.deep.equal([]);
    for (const { expr } of listQueries()) await watch.query(expr);
  });

  it("are silent in health, but for a certificate that is near its end", async () => {
    await told("LecternCertificateEnds");
    const firing = await watch.firing();
    expect(names(firing).filter((name) => name !== "LecternNodeStalls"), "but what a machine with other work brings about").to.deep.equal(["LecternCertificateEnds"]);
    const certificate = firing.find(({ labels }) => labels["alertname"] === "LecternCertificateEnds");
    expect(certificate?.labels).to.include({ certificate: "gateway", severity: "page", region: "local" });
    expect(certificate?.annotations["summary"]).to.match(/^The gateway certificate of 127\.0\.0\.1:\d+ ends in 1d /);
  });

  it("tell of a lane that is paused and has work, and of a drained node", async () => {
    await operate("queue/normal/pause");
    const { id } = await lectern.post({ url: `${origin.url}/two.mp4`, policy: "eager" });
    await operate("nodes/edge/drain");
    await told("LecternLanePaused", "LecternQueueStuck", "LecternNodeDrainsLong");
    await operate("nodes/edge/undrain");
    await operate("queue/normal/resume");
    await lectern.until(id, "complete");
    await over("LecternLanePaused", "LecternQueueStuck", "LecternNodeDrainsLong");
  });

  it("tell of a node that was killed, by what the others noticed and by its silence", async () => {
    worker.child.kill("SIGKILL");
    await told("LecternNodeLost", "LecternTargetDown");
    expect(names(await watch.firing())).to.not.include("LecternRegionDark");
  });

  it("tell of a store that is away, and when it is back", async () => {
    await rename(store(), `${store()}-away`);
    await eventually(async () => (await Promise.all([fetch(`${mesh.httpUrl}/health/ready`), lectern.postRaw({ url: `${origin.url}/three.mp4` })])).every(({ status }) => status === 503) && (await watch.query("lectern_store_circuit_open == 1")).length > 0);
    await told("LecternStoreAway");
    await rename(`${store()}-away`, store());
    await over("LecternStoreAway");
  });

  for (const [name, alert, restart] of [
    ["Redis", "LecternRedisAway", async () => { redis = await startRedis({ port: redis.port }); }],
    ["NATS", "LecternNatsAway", async () => { nats = await startNats({ port: nats.port }); }],
  ] as const) {
    it(`tell of ${name} that is away, and when it is back`, async () => {
      await (name === "Redis" ? redis : nats).stop();
      await told(alert);
      await restart();
      await over(alert);
    });
  }

  it("say one thing of a region that is dark: the rest is held back", async () => {
    const ask = async () => (await (await fetch(`${mesh.httpUrl}/v1/nodes`)).json() as { nodes: { id: string; state: string }[] }).nodes;
    await eventually(async () => (await ask()).every(({ id, state }) => id === "worker" || state === "active")); // NATS was away
    const nodes = await ask();
    await operate("nodes/edge/drain");
    for (const { id } of nodes.filter(({ id }) => !["edge", "worker"].includes(id))) await operate(`nodes/${id}/drain`);
    await told("LecternRegionDark");
    await eventually(async () => (await watch.arrived()).filter(({ status }) => status.inhibitedBy.length === 0).every(({ labels }) => labels["alertname"] === "LecternRegionDark"));
  });
});
