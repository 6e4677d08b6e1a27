/**
 * Two nodes on a real NATS and Redis, for tests of who may watch: a gateway on one, and on the other the real `videos` and
 * `delivery` over services that answer from memory. Keys are `<role>`, `<role>+<tenant>` and
 * `<role>+<tenant>+<scope>`.
 */
import { ServiceBroker, type Context } from "moleculer";
import { passports, type Passports } from "../../config/access/passports.ts";
import { ROLES, type Permission, type Role } from "../../config/access/permissions.ts";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import type { AuthenticateParams, AuthenticateResult } from "../../services/access/access.contract.ts";
import { deliveryService } from "../../services/delivery/delivery.service.ts";
import { planWaiter } from "../../services/delivery/plan-waiter.ts";
import { gatewayService, type GatewaySettings } from "../../services/gateway/gateway.service.ts";
import { insightsService } from "../../services/insights/insights.service.ts";
import { operatorService } from "../../services/operator/operator.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { memoryStore } from "./memory-store.ts";
import { freshNamespace, sharedNats, sharedRedis } from "./servers.ts";
import { accepted, stagedFacts, stagedPlan } from "./staged-plan.ts";

export const MESH_SECRET = "what all nodes of this mesh know, and no others";

export interface Link { linkId: string; expiresAt: string; uses: string[]; playback: Record<string, string> }
export interface PrivateMesh {
  url: string;
  /** Of the node without the gateway, and of the one with it. */
  worker: ServiceBroker;
  gateway: ServiceBroker;
  papers: Passports;
  store: ReturnType<typeof memoryStore>;
  /** A video that plays. */
  make(params?: { url?: string; tenant?: string; visibility?: "public" | "private"; title?: string; labels?: Record<string, string> }): Promise<string>;
  ask(path: string, options?: { key?: string; method?: string; body?: object; headers?: Record<string, string> }): Promise<Response>;
  link(id: string, asked?: object, key?: string): Promise<Link>;
  stop(): Promise<void>;
}

export async function startPrivateMesh(settings: Partial<Omit<GatewaySettings, "meshSecret">> & { meshSecret?: string | undefined } = {}): Promise<PrivateMesh> {
  const namespace = freshNamespace();
  const store = memoryStore();
  const open = async (nodeId: string): Promise<ServiceBroker> => {
    const config = loadConfig({ LECTERN_NATS_URL: (await sharedNats()).url, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: nodeId, LECTERN_MESH_SECRET: MESH_SECRET });
    return new ServiceBroker({ ...brokerOptions(config), logger: false });
  };
  const [worker, gateway] = [await open("worker"), await open("gateway")];
  const segment = { bytes: Buffer.from("segment"), tier: "memory" };
  worker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
  worker.createService(videosService({ redisUrl: (await sharedRedis()).url, namespace }));
  worker.createService(deliveryService(() => planWaiter(200)));
  worker.createService(operatorService());
  for (const broker of [worker, gateway]) broker.createService(insightsService({ usage: "on", usageDays: 400, usageFloor: 1, redisUrl: (await sharedRedis()).url, namespace, region: "local" }));
  worker.createService({ name: "cache", actions: { open: () => segment, segment: () => segment, still: () => segment, sheet: () => segment } });
  worker.createService({ name: "transcoder", actions: { keyFrame: () => Buffer.from("key"), captions: () => Buffer.from("WEBVTT"), clip: () => ({ key: "clip", size: 4 }) } });
  worker.createService({ name: "source", actions: { check: (ctx: Context<{ url: string }>) => ({ url: ctx.params.url }) } });
  worker.createService({ name: "scheduler", actions: { admit: () => undefined, jobs: () => [], story: () => null, retry: () => undefined, cancel: () => undefined } });
  worker.createService({ name: "access", actions: { authenticate: (ctx: Context<AuthenticateParams>): AuthenticateResult => {
    const [role, tenant, scope] = ctx.params.credential.split("+");
    return { caller: ROLES.includes(role as Role) ? { subject: `key:${role}`, roles: [role as Role], ...(tenant === undefined ? {} : { tenant }), ...(scope === undefined ? {} : { scopes: [scope as Permission] }) } : null };
  } } });
  const service = gateway.createService(gatewayService({ httpHost: "127.0.0.1", httpPort: 0, publicUrl: undefined, sourceMaxBytes: 2 ** 30, access: "keys", meshSecret: MESH_SECRET, namespace, ...settings }));
  await store.put("clip", Buffer.from("clip"));
  await Promise.all([worker.start(), gateway.start()]);
  await gateway.waitForServices(["videos", "delivery", "operator", "access", "storage", "source", "scheduler", "insights"], 10_000);
  const url = (service as unknown as { httpUrl: string }).httpUrl;
  let made = 0;

  const mesh: PrivateMesh = {
    url, worker, gateway, store,
    papers: passports(MESH_SECRET, namespace),
    async make({ url: address = `https://media.example/${++made}.mp4`, ...params } = {}) {
      const { id } = await worker.call<VideoView, object>("videos.submit", { source: { kind: "url", url: address }, ...params });
      await worker.call("videos.settle", { id, verdict: accepted(stagedFacts(20)) });
      await worker.call("videos.planned", { id, plan: stagedPlan(20) });
      return id;
    },
    ask: (path, { key, method = "GET", body, headers = {} } = {}) => fetch(path.startsWith("http") ? path : url + path, {
      method, redirect: "manual", headers: { ...headers, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
    async link(id, asked = { uses: ["play", "images", "clip"] }, key = "submitter") {
      const answer = await mesh.ask(`/v1/videos/${id}/links`, { method: "POST", key, body: asked });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Link;
    },
    stop: async () => { await Promise.all([gateway.stop(), worker.stop()]); },
  };
  return mesh;
}
