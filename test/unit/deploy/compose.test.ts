import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseRegions } from "../../../config/regions-file.ts";
import { resolveServices, SERVICES } from "../../../config/services.ts";
import { LIMIT_MS } from "../../../services/node/node.service.ts";
import { composeFaults, fillEnvironment, listReferences, readCompose, type ComposeService } from "../../support/compose.ts";
import { getInstruction, readEnvironment, readStages } from "../../support/dockerfile.ts";
import { makeTempDir, removeDir, runProcess } from "../../support/processes.ts";
import { isSetting, settingsFault } from "../../support/settings-set.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FILES = ["compose.yml", "deploy/compose.tls.yml", "deploy/compose.regions.yml"];
const GIVEN = { LECTERN_MESH_SECRET: "m".repeat(32), LECTERN_ADMIN_KEY_HASH: "0".repeat(64), S3_ACCESS_KEY: "access", S3_SECRET_KEY: "secret", STORE_KEY: Buffer.alloc(32, 7).toString("base64"), LECTERN_UID: "1000" };
const REGIONS = ["us", "eu", "asia"];

const image = readEnvironment(readStages().at(-1));
const nodesOf = (path: string): [string, ComposeService][] => Object.entries(readCompose(path).services).filter(([name]) => /^(lectern|gateway|worker)\b/.test(name));
const environmentOf = (service: ComposeService): Record<string, string> => ({ ...image, ...fillEnvironment(service, GIVEN) });

describe("Compose files", () => {
  for (const path of FILES) {
    describe(path, () => {
      const file = readCompose(path);

      it("is what the specification says", () => {
        expect(composeFaults(file)).to.deep.equal([]);
        const { lectern, "gateway-us": gateway } = file.services;
        expect(composeFaults({ ...file, services: { node: { ...(lectern ?? gateway), restarts: "always" } as ComposeService } })).to.not.be.empty;
      });

      it("names files, volumes, configurations and services that are there", () => {
        expect(listReferences(path, file).filter((name) => !existsSync(join(ROOT, name)))).to.deep.equal([]);
        for (const [name, { volumes = [], configs = [], depends_on: needed = {} }] of Object.entries(file.services)) {
          const named = volumes.map((volume) => volume.split(":")[0] ?? "").filter((source) => !source.startsWith("."));
          if (path !== "deploy/compose.tls.yml") expect(named.filter((volume) => !(volume in (file.volumes ?? {}))), name).to.deep.equal([]);
          expect(configs.filter(({ source }) => !(source in (file.configs ?? {}))), name).to.deep.equal([]);
          expect(Object.keys(needed).filter((other) => !(other in file.services)), name).to.deep.equal([]);
        }
      });

      it("sets only settings, with which a node starts, and opens the gateway's port", () => {
        expect(nodesOf(path)).to.not.be.empty;
        for (const [name, service] of nodesOf(path)) {
          const environment = environmentOf(service);
          expect(Object.keys(environment).filter((key) => key.startsWith("LECTERN_") && !isSetting(key)), name).to.deep.equal([]);
          expect(settingsFault(environment), name).to.equal(undefined);
          for (const port of service.ports ?? []) expect(port, name).to.match(new RegExp(`^127\\.0\\.0\\.1:\\d+:${image["LECTERN_HTTP_PORT"]}$`));
        }
      });

      it("signs the audit log with one key, which every node has", () => {
        const keys = nodesOf(path).map(([, service]) => environmentOf(service)["LECTERN_AUDIT_KEY"]);
        expect([...new Set(keys)]).to.deep.equal(["/data/audit.key"]);
        for (const [name, { volumes = [] }] of nodesOf(path)) expect(volumes.filter((volume) => /^[\w-]+:\/data$/.test(volume)), name).to.have.length(1);
      });

      it("gives a node the time that it takes to drain", () => {
        for (const [name, service] of nodesOf(path).filter(([, { build }]) => build !== undefined)) {
          const takesSec = Number(environmentOf(service)["LECTERN_STOP_GRACE_SEC"] ?? 0) + LIMIT_MS / 1000;
          expect(Number(/^(\d+)s$/.exec(service.stop_grace_period ?? "")?.[1]), name).to.be.greaterThan(takesSec).and.at.most(takesSec + 15);
        }
      });
    });
  }

  describe("the three regions", () => {
    const path = "deploy/compose.regions.yml";
    const { services, configs = {} } = readCompose(path);
    const regionsFile = readFileSync(join(ROOT, "deploy", configs["regions"]?.file ?? ""), "utf8");

    it("run every service each, on servers of their own", () => {
      for (const region of REGIONS) {
        const nodes = nodesOf(path).filter(([name]) => name.endsWith(`-${region}`)).map(([, service]) => environmentOf(service));
        const run = nodes.flatMap((environment) => resolveServices((environment["LECTERN_SERVICES"] ?? "").split(",")));
        expect(SERVICES.filter((name) => !run.includes(name)), region).to.deep.equal([]);
        for (const environment of nodes) {
          expect([environment["LECTERN_REGION"], new URL(environment["LECTERN_NATS_URL"] ?? "").hostname, new URL(environment["LECTERN_REDIS_URL"] ?? "").hostname]).to.deep.equal([region, `nats-${region}`, `redis-${region}`]);
        }
      }
    });

    it("are those of the file that their nodes read, with stores and addresses that are there", () => {
      const s3 = readStages(readFileSync(join(ROOT, "deploy/ceph/Dockerfile"), "utf8")).at(-1);
      const { own, others } = parseRegions(regionsFile, "us", GIVEN);
      expect([own, ...others].map(({ name }) => name)).to.have.members(REGIONS);
      for (const { name, store, publicUrl } of [own, ...others]) {
        expect(store.kind === "s3" ? store.endpoint : undefined).to.equal(`http://s3-${name}:${getInstruction(s3, "EXPOSE").words[0]}`);
        expect(services[`s3-${name}`]?.build).to.equal("./ceph");
        expect(services[`gateway-${name}`]?.ports?.[0]?.split(":")[1]).to.equal(new URL(publicUrl).port);
      }
    });

    it("are joined by NATS, which takes its files as they are, and is asked how it is where it says that", async () => {
      const dir = await makeTempDir("compose-nats");
      try {
        for (const region of REGIONS) {
          const { configs: mounted = [], networks, healthcheck } = services[`nats-${region}`] ?? {};
          for (const { source, target } of mounted) {
            const { file, content } = configs[source] ?? {};
            writeFileSync(join(dir, target.replace("/etc/nats/", "")), content ?? readFileSync(join(ROOT, "deploy", file ?? ""), "utf8"));
          }
          await runProcess("nats-server", ["-t", "-c", join(dir, "nats.conf")]);
          const text = readFileSync(join(dir, "nats.conf"), "utf8");
          expect(text).to.include(`server_name: nats-${region}\n`);
          for (const other of REGIONS) expect(text).to.include(`nats://${services[`nats-${other}`]?.networks?.["default"]?.aliases[0]}:7222`);
          expect(networks?.["default"]?.aliases).to.deep.equal([`nats.${region}.example.org`]);
          expect(healthcheck?.test.at(-1)).to.include(`:${/http_port: (\d+)/.exec(text)?.[1]}/`);
        }
      } finally {
        await removeDir(dir);
      }
    });

    it("confine their nodes, which write to their volume alone", () => {
      for (const [name, service] of nodesOf(path)) {
        expect([service.read_only, service.cap_drop], name).to.deep.equal([true, ["ALL"]]);
        expect(environmentOf(service)["LECTERN_DATA"], name).to.match(new RegExp(`^${image["LECTERN_DATA"]}(/|$)`));
      }
    });
  });
});
