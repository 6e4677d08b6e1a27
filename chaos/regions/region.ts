/** A region: in its namespace a bucket, a Redis, a NATS as `deploy/nats/` has it, and a whole Lectern by its start program. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess, type TestProcess } from "../../test/support/processes.ts";
import type { Place, Places } from "./namespaces.ts";

export interface Region {
  readonly name: string;
  readonly httpUrl: string;
  readonly redisUrl: string;
  /** The bucket's objects, as files. */
  readonly storeDir: string;
  /** Of the node. */
  log(): string;
  /** SIGKILL for all of it, FFmpeg and bucket too. Its data stay. */
  goDark(): Promise<void>;
  /** Starts it again on its data. Resolves when it says that it is ready. */
  start(): Promise<void>;
}

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const START_MS = 90_000;
const S3_PORT = 9000;
const KEY = { CHAOS_S3_KEY: "chaos", CHAOS_S3_SECRET: "chaos" };
const ON_EARTH: Record<string, string> = { us: "{ latitude: 39, longitude: -77 }", eu: "{ latitude: 50, longitude: 8 }", asia: "{ latitude: 35, longitude: 139 }" };

export const REGION_NAMES = Object.keys(ON_EARTH);

/** @param file more lines of the file of regions @param originHostPort what sources may be read from */
export async function startRegions({ places, killAll }: Places, dir: string, { file = "", originHostPort }: { file?: string; originHostPort: string }): Promise<Region[]> {
  const regionsFile = join(dir, "regions.yaml");
  const entries = places.map((place) => (
    `- { name: ${place.name}, store: "s3://lectern", endpoint: "http://${place.lineAddress}:${S3_PORT}", credentials: { accessKeyId: CHAOS_S3_KEY, secretAccessKey: CHAOS_S3_SECRET }, publicUrl: "http://${place.address}:3000", place: ${ON_EARTH[place.name]} }`
  ));
  writeFileSync(regionsFile, `regions:\n${entries.join("\n")}\n${file}\n`);
  const regions: Region[] = [];
  for (const place of places) { // side by side their starts would take each other's time
    const region = openRegion(place, join(dir, place.name), { regionsFile, originHostPort, places, killAll });
    await region.start();
    regions.push(region);
  }
  return regions;
}

function openRegion(place: Place, dir: string, { regionsFile, originHostPort, places, killAll }: Pick<Places, "places" | "killAll"> & { regionsFile: string; originHostPort: string }): Region {
  const { name, namespace, address, lineAddress } = place;
  const [storeDir, redisDir, natsConf, dataDir] = ["store", "redis", "nats.conf", "data"].map((part) => join(dir, part)) as [string, string, string, string];
  mkdirSync(redisDir, { recursive: true });
  writeFileSync(natsConf, natsConfiguration(name, places));
  const redisUrl = `redis://${address}:6379`;
  const inside = (command: string, args: readonly string[], env: Record<string, string> = {}): Promise<TestProcess> => startProcess("ip", ["netns", "exec", namespace, command, ...args], { env });

  return {
    name, redisUrl, storeDir, httpUrl: `http://${address}:3000`,
    log: () => readFileSync(join(dataDir, "logs/node.log"), "utf8"),
    goDark: () => killAll(place),
    async start() {
      const servers = await Promise.all([
        inside(process.execPath, [path("chaos/regions/s3-server.ts"), lineAddress, String(S3_PORT), storeDir]),
        inside("redis-server", ["--bind", address, "--protected-mode", "no", "--dir", redisDir, "--save", "", "--appendonly", "yes", "--appendfsync", "always"]),
        inside("nats-server", ["-c", natsConf]),
      ]);
      await Promise.all([/ready/, /Ready to accept connections/, /Server is ready/].map((pattern, n) => servers[n]?.said(pattern, START_MS)));
      const lectern = await inside(process.execPath, [path("bin/start.ts")], {
        ...KEY, LECTERN_DATA: dataDir, LECTERN_HTTP_HOST: address, LECTERN_REDIS_URL: redisUrl, LECTERN_NATS_URL: "nats://127.0.0.1:4222", LECTERN_REGION: name,
        LECTERN_REGIONS: regionsFile, LECTERN_ACCESS: "open", LECTERN_NODE_ID: name, LECTERN_SLOTS: "1", LECTERN_SOURCE_ALLOW: originHostPort,
      });
      await lectern.said(/Lectern is ready/, START_MS);
    },
  };
}

/** That of `deploy/nats/`, with addresses for its names, and without keys and the regions that are not here. */
function natsConfiguration(name: string, places: readonly Place[]): string {
  const deployed = readFileSync(path(`deploy/nats/${name}.conf`), "utf8").split("\n").filter((line) => !/^\s*include /.test(line));
  const lines = deployed.flatMap((line) => {
    const [, other] = /nats\.(\w+)\.example\.org/.exec(line) ?? [];
    if (other === undefined) return [line];
    const found = places.find((place) => place.name === other);
    return found === undefined ? [] : [line.replace(`nats.${other}.example.org`, found.lineAddress)];
  });
  return lines.join("\n");
}
