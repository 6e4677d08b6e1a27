/** Regions as real processes: each a NATS joined to the others by gateways, a Redis, a store, and a Lectern with all services. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startMesh, type Mesh } from "./mesh.ts";
import { startNats, type TestServer } from "./nats.ts";
import { findFreePort } from "./ports.ts";
import { makeTempDir, removeDir } from "./processes.ts";

export interface RegionMesh extends Mesh {
  readonly name: string;
  /** SIGKILL for everything of it: NATS, Redis and node. Its data stay. */
  killRegion(): Promise<void>;
  /** Starts it again where it was, on its data. */
  restartRegion(): Promise<void>;
}

const PLACES: Record<string, string> = { us: "{ latitude: 39, longitude: -77 }", eu: "{ latitude: 50, longitude: 8 }", asia: "{ latitude: 35, longitude: 139 }" };

/** @param file more lines of the file of regions @param stores other than a directory of one's own: `store` and what goes with it, by region */
export async function startRegions(names: readonly string[], { file = "", settings = {}, stores = {} }: { file?: string; settings?: Record<string, string>; stores?: Record<string, string> } = {}): Promise<{ regions: Record<string, RegionMesh>; stop(): Promise<void> }> {
  const dir = await makeTempDir("regions");
  const ports = new Map<string, { http: number; nats: number; gateway: number }>();
  for (const name of names) ports.set(name, { http: await findFreePort(), nats: await findFreePort(), gateway: await findFreePort() });
  const portsOf = (name: string) => ports.get(name) ?? { http: 0, nats: 0, gateway: 0 };
  const regionsFile = join(dir, "regions.yaml");
  const entries = names.map((name) => `- { name: ${name}, ${stores[name] ?? `store: "file:${join(dir, name, "store")}"`}, publicUrl: "http://127.0.0.1:${portsOf(name).http}", place: ${PLACES[name]} }`);
  await writeFile(regionsFile, `regions:\n${entries.join("\n")}\n${file}\n`);

  async function openNats(name: string): Promise<TestServer> {
    const config = join(dir, `${name}.conf`);
    const gateways = names.map((other) => `{ name: ${other}, url: "nats://127.0.0.1:${portsOf(other).gateway}" }`);
    await writeFile(config, `server_name: ${name}\nmax_payload: 8MB\ngateway { name: ${name}, listen: "127.0.0.1:${portsOf(name).gateway}", connect_retries: 100, gateways: [ ${gateways.join(", ")} ] }\n`);
    return await startNats({ port: portsOf(name).nats, args: ["-c", config] });
  }
  async function openMesh(name: string, nats: TestServer): Promise<Mesh> {
    return await startMesh({ dataDir: join(dir, name), settings: {
      LECTERN_NATS_URL: nats.url, LECTERN_REGION: name, LECTERN_REGIONS: regionsFile, LECTERN_HTTP_PORT: String(portsOf(name).http), LECTERN_SLOTS: "1", ...settings,
    } });
  }

  const regions: Record<string, RegionMesh> = {};
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops) await end();
    await removeDir(dir);
  };
  try {
    for (const name of names) { // side by side their starts would take each other's time
      let nats = await openNats(name);
      let mesh: Mesh | undefined;
      stops.push(async () => {
        await mesh?.stop();
        await nats.stop();
      });
      mesh = await openMesh(name, nats);
      const region: RegionMesh = {
        ...mesh, name,
        output: () => mesh?.output() ?? "", nodeLog: () => mesh?.nodeLog() ?? "", nodePid: () => mesh?.nodePid() ?? 0,
        stop: async () => await mesh?.stop(), kill: async () => await mesh?.kill(),
        async killRegion() {
          await Promise.all([mesh?.kill(), nats.kill()]);
        },
        async restartRegion() {
          nats = await openNats(name);
          mesh = await openMesh(name, nats);
        },
      };
      regions[name] = region;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { regions, stop };
}
