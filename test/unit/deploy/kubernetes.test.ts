import { expect } from "chai";
import { METRICS } from "../../../config/metrics/metric-table.ts";
import { resolveServices, SERVICES } from "../../../config/services.ts";
import { LIMIT_MS } from "../../../services/node/node.service.ts";
import { readSource } from "../../support/imports.ts";
import { readEnvironment, readStages } from "../../support/dockerfile.ts";
import { findFaults, listYaml, readObjects, readText, readYaml, type KubernetesObject } from "../../support/kubernetes.ts";
import { isSetting, settingsFault } from "../../support/settings-set.ts";

interface Probe { httpGet: { path: string; port: string } }
interface Container {
  name: string; image: string; ports: { name: string; containerPort: number }[]; env: { name: string; value: string }[];
  envFrom: Record<string, { name: string }>[]; startupProbe: Probe; readinessProbe: Probe; livenessProbe: Probe;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: object; volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}
interface Pod {
  serviceAccountName: string; automountServiceAccountToken: boolean; enableServiceLinks: boolean; terminationGracePeriodSeconds: number;
  securityContext: object; topologySpreadConstraints: { topologyKey: string; labelSelector: { matchLabels: Labels } }[]; containers: Container[];
  volumes: { name: string; emptyDir?: object; secret?: { secretName: string } }[];
}
type Labels = Record<string, string>;
interface Deployment { name: string; labels: Labels; pod: Pod; node: Container; environment: Record<string, string> }
interface Kustomization { resources: string[]; images: { name: string }[]; configMapGenerator: { name: string; literals: string[] }[] }

const kustomization = readYaml("kustomization.yaml") as Kustomization;
const objects = readObjects(kustomization.resources);
const MONITORING = ["kustomization.yaml", "pod-monitor.yaml", "prometheus-rule.yaml"];
const ofKind = (kind: string): KubernetesObject[] => objects.filter((object) => object.kind === kind);
const image = readEnvironment(readStages().at(-1));
const pairs = (lines: readonly string[]): Record<string, string> => Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
const settings = pairs(kustomization.configMapGenerator[0]?.literals ?? []);
const secrets = pairs(readText("secrets.example.env").trim().split("\n"));
const deployments = ofKind("Deployment").map(readDeployment);

function readDeployment({ metadata, spec }: KubernetesObject): Deployment {
  const { template } = spec as { template: { metadata: { labels: Labels }; spec: Pod } };
  const [node] = template.spec.containers;
  if (node === undefined) throw new Error("a pod has a container");
  const own = Object.fromEntries(node.env.map(({ name, value }) => [name, value]));
  return { name: metadata.name, labels: template.metadata.labels, pod: template.spec, node, environment: { ...image, ...settings, ...secrets, ...own } };
}
const selects = (selector: Labels, { labels }: Deployment): boolean => Object.entries(selector).every(([name, value]) => labels[name] === value);

describe("deploy/kubernetes", () => {
  it("is what Kubernetes' schemas say, without a field that they do not know", async () => {
    for (const object of objects) expect(await findFaults(object), `${object.kind} ${object.metadata.name}`).to.deep.equal([]);
  });

  it("is held to that: a wrong type and a misspelt field are found", async () => {
    const [deployment] = ofKind("Deployment");
    const changed = (from: string, to: string): KubernetesObject => JSON.parse(JSON.stringify(deployment).replace(from, to)) as KubernetesObject;
    expect(await findFaults(changed('"readOnlyRootFilesystem":true', '"readonlyRootFilesystem":true'))).to.deep.equal([".spec.template.spec.containers.0.securityContext.readonlyRootFilesystem is no field"]);
    expect(await findFaults(changed('"maxSkew":1', '"maxSkew":"one"'))).to.have.length(1);
  });

  it("uses every file that is there", () => {
    expect(["kustomization.yaml", ...kustomization.resources, "queue-scaling/kustomization.yaml", "queue-scaling/scaled-object.yaml", ...MONITORING.map((file) => `monitoring/${file}`)].toSorted()).to.deep.equal(listYaml());
  });

  it("runs every service somewhere, by settings with which a node starts", () => {
    expect(deployments.map(({ name }) => name)).to.deep.equal(["gateway", "scheduler", "transcoder"]);
    const run = deployments.flatMap(({ environment }) => resolveServices((environment["LECTERN_SERVICES"] ?? "").split(",")));
    expect(SERVICES.filter((name) => !run.includes(name))).to.deep.equal([]);
    for (const { name, environment } of deployments) {
      expect(Object.keys(environment).filter((key) => key.startsWith("LECTERN_") && !isSetting(key)), name).to.deep.equal([]);
      expect(settingsFault(environment), name).to.equal(undefined);
    }
  });

  it("knows a node's ports and routes by the names that these have", () => {
    const routes = readSource("services/gateway/operate-routes.ts") + readSource("services/metrics/metrics-server.ts");
    for (const { name, node } of deployments) {
      const ports = Object.fromEntries(node.ports.map((port) => [port.name, String(port.containerPort)]));
      expect(ports, name).to.deep.equal({ ...(name === "gateway" ? { http: image["LECTERN_HTTP_PORT"] } : {}), metrics: image["LECTERN_METRICS_PORT"] });
      for (const { httpGet } of [node.startupProbe, node.readinessProbe, node.livenessProbe]) {
        expect(ports).to.have.property(httpGet.port);
        expect(routes).to.include(`"${httpGet.path}"`);
        expect(httpGet.path === "/health/ready" && httpGet.port === "metrics", "that port has no such route").to.equal(false);
      }
    }
  });

  it("gives a node the time that it takes to drain, and the end to nobody who is not ready for it", () => {
    for (const { name, pod, environment } of deployments) {
      const takesSec = Number(environment["LECTERN_STOP_GRACE_SEC"] ?? 0) + LIMIT_MS / 1000;
      expect(pod.terminationGracePeriodSeconds, name).to.be.greaterThan(takesSec).and.at.most(takesSec + 15);
    }
    const budgets = ofKind("PodDisruptionBudget").map(({ spec }) => (spec as { selector: { matchLabels: Labels } }).selector.matchLabels);
    for (const deployment of deployments) expect(budgets.filter((labels) => selects(labels, deployment)).length, deployment.name).to.equal(1);
  });

  it("confines every pod", () => {
    for (const { name, pod, node } of deployments) {
      expect([pod.automountServiceAccountToken, pod.enableServiceLinks, pod.serviceAccountName], name).to.deep.equal([false, false, "lectern"]);
      expect(pod.securityContext).to.deep.equal({ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, seccompProfile: { type: "RuntimeDefault" } });
      expect(node.securityContext).to.deep.equal({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
      expect(node.volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath), "what it may write to").to.deep.equal([image["LECTERN_DATA"], "/tmp"]);
      for (const [what, amounts] of Object.entries({ requests: ["cpu", "memory", "ephemeral-storage"], limits: ["memory", "ephemeral-storage"] })) expect(Object.keys(node.resources[what as "limits"]), what).to.deep.equal(amounts);
      expect(pod.topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).to.deep.equal(["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
    }
  });

  it("names nothing that is not there", () => {
    for (const deployment of deployments) {
      const { pod, node } = deployment;
      expect(kustomization.images.map(({ name }) => name)).to.include(node.image);
      expect(node.envFrom.flatMap((from) => Object.values(from).map(({ name }) => name))).to.deep.equal(["lectern-settings", "lectern-secrets"]);
      expect(node.volumeMounts.map(({ name }) => name)).to.deep.equal(pod.volumes.map(({ name }) => name));
      for (const { labelSelector } of pod.topologySpreadConstraints) expect(selects(labelSelector.matchLabels, deployment)).to.equal(true);
      expect(deployment.environment["LECTERN_AUDIT_KEY"]).to.equal(`${node.volumeMounts.find(({ name }) => name === "audit-key")?.mountPath}/audit.key`);
    }
    const [service] = ofKind("Service").map(({ spec }) => spec as { selector: Labels; ports: { name: string; targetPort: string }[] });
    expect(deployments.filter((deployment) => selects(service?.selector ?? {}, deployment)).map(({ name }) => name)).to.deep.equal(["gateway"]);
    expect(JSON.stringify(ofKind("Ingress"))).to.include('"service":{"name":"gateway","port":{"name":"http"}}');
    expect(deployments.map(({ name }) => name)).to.include((ofKind("HorizontalPodAutoscaler")[0]?.spec as { scaleTargetRef: { name: string } } | undefined)?.scaleTargetRef.name);
  });

  it("lets nobody talk to a pod but viewers to a gateway, and whoever collects metrics", () => {
    interface Policy { podSelector: { matchLabels?: Labels }; policyTypes: string[]; ingress?: { ports: { port: string | number }[] }[]; egress?: { ports: { port: string | number }[] }[] }
    const policies = ofKind("NetworkPolicy").map(({ metadata, spec }) => ({ name: metadata.name, ...(spec as Policy) }));
    expect(policies.find(({ name }) => name === "default-deny")).to.deep.equal({ name: "default-deny", podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    const allowed = (deployment: Deployment, way: "ingress" | "egress"): (string | number)[] =>
      policies.filter(({ podSelector }) => selects(podSelector.matchLabels ?? {}, deployment)).flatMap((policy) => policy[way] ?? []).flatMap(({ ports }) => ports.map(({ port }) => port));
    const [redis, nats] = [new URL(secrets["LECTERN_REDIS_URL"] ?? ""), new URL(settings["LECTERN_NATS_URL"] ?? "")];
    for (const deployment of deployments) {
      expect(allowed(deployment, "ingress"), deployment.name).to.have.members(deployment.name === "gateway" ? ["http", "metrics"] : ["metrics"]);
      expect(allowed(deployment, "egress")).to.have.members([53, 53, Number(nats.port), Number(redis.port), 80, 443]);
    }
  });

  it("counts transcoders by a metric that a scheduler has", () => {
    const [scaled] = readObjects(["queue-scaling/scaled-object.yaml"]);
    const { scaleTargetRef, triggers, minReplicaCount, maxReplicaCount } = (scaled?.spec ?? {}) as { scaleTargetRef: { name: string }; minReplicaCount: number; maxReplicaCount: number; triggers: { type: string; metadata: { query: string; threshold: string } }[] };
    expect([scaleTargetRef.name, triggers[0]?.type]).to.deep.equal(["transcoder", "prometheus"]);
    const [, metric = "", state = ""] = /(lectern_\w+)\{state="(\w+)"\}/.exec(triggers[0]?.metadata.query ?? "") ?? [];
    const { type, labels } = METRICS.scheduler.lectern_queue_jobs;
    expect([metric, type, Object.keys(labels)]).to.deep.equal(["lectern_queue_jobs", "gauge", ["lane", "state"]]);
    expect(labels.state.values).to.include(state);
    const desired = Object.keys(METRICS.capacity).find((name) => name === /lectern_\w+/.exec(triggers[1]?.metadata.query ?? "")?.[0]);
    expect([triggers.map(({ type: kind }) => kind), desired, triggers[1]?.metadata.threshold], "a pod for each that the region asks for").to.deep.equal([["prometheus", "prometheus"], "lectern_capacity_desired_transcoders", "1"]);
    expect(`${minReplicaCount}-${maxReplicaCount}`, "the same bounds").to.equal(settings["LECTERN_CAPACITY_RANGE"]);
  });

  it("is watched by Prometheus' operator as Prometheus itself would: the same labels, every pod, what the rules read", async () => {
    const component = readYaml("monitoring/kustomization.yaml") as { kind: string; resources: string[] };
    expect([component.kind, ["kustomization.yaml", ...component.resources]]).to.deep.equal(["Component", MONITORING]);
    const [monitor, rule] = readObjects(component.resources.map((file) => `monitoring/${file}`));
    for (const object of [monitor, rule]) if (object !== undefined) expect(await findFaults(object), object.kind).to.deep.equal([]);
    interface Endpoint { port: string; path: string; relabelings: { targetLabel: string; replacement?: string }[] }
    const { selector, podMetricsEndpoints: [endpoint] } = (monitor?.spec ?? {}) as { selector: { matchLabels: Labels }; podMetricsEndpoints: Endpoint[] };
    for (const deployment of deployments) {
      expect(selects(selector.matchLabels, deployment), deployment.name).to.equal(true);
      expect(deployment.node.ports.map(({ name }) => name)).to.include(endpoint?.port);
    }
    const labels = Object.fromEntries(endpoint?.relabelings.map(({ targetLabel, replacement }) => [targetLabel, replacement]) ?? []);
    expect(labels).to.have.all.keys("job", "region", "instance").and.include({ job: "lectern" });
  });
});
