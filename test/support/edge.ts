/** A real nginx with the configuration of `deploy/nginx`: only addresses, files and sizes of a site are the test's own. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KeyPair } from "./certificates.ts";
import { findFreePort } from "./ports.ts";
import { makeTempDir, removeDir, startProcess } from "./processes.ts";

export interface Edge {
  url: string;
  pid: number;
  /** All that it logged, and the names of its files. */
  logs(): Promise<string>;
  /** Where what it keeps lies. */
  cacheDir: string;
  stop(): Promise<void>;
}

const SHIPPED = fileURLToPath(new URL("../../deploy/nginx/", import.meta.url));

/** @param upstream `host:port` of a gateway, or of another edge, to which it speaks plain HTTP */
export async function startEdge(upstream: string, { key, cert }: KeyPair): Promise<Edge> {
  const dir = await makeTempDir("edge");
  const [port, plainPort] = [await findFreePort(), await findFreePort()];
  await Promise.all([mkdir(join(dir, "logs")), cp(SHIPPED, dir, { recursive: true })]);
  await replace(join(dir, "lectern/site.conf"), {
    "server 127.0.0.1:3000;": `server ${upstream};`, "/var/lib/nginx/lectern": join(dir, "cache"), "listen 80;": `listen 127.0.0.1:${plainPort};`, "listen [::]:80;": "",
  });
  await replace(join(dir, "lectern/server.conf"), {
    "listen 443 ssl http2;": `listen 127.0.0.1:${port} ssl http2;`, "listen [::]:443 ssl http2;": "", "/var/log/nginx/": `${join(dir, "logs")}/`,
    "/etc/lectern/tls/edge.crt": join(dir, "edge.crt"), "/etc/lectern/tls/edge.key": join(dir, "edge.key"),
  });
  await Promise.all([writeFile(join(dir, "edge.crt"), cert), writeFile(join(dir, "edge.key"), key)]);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${join(dir, name)};`).join("\n");
  const user = process.getuid?.() === 0 ? "user root;" : "";
  await writeFile(join(dir, "nginx.conf"), `${user}\ndaemon off;\npid ${join(dir, "pid")};\nworker_processes 2;\nevents { worker_connections 1024; }\nhttp {\n${temporary}\naccess_log off;\ninclude edge.conf;\n}\n`);
  const server = await startProcess("nginx", ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", join(dir, "logs/error.log")]);
  const edge: Edge = {
    url: `https://127.0.0.1:${port}`,
    pid: server.pid,
    cacheDir: join(dir, "cache"),
    logs: async () => (await Promise.all(["error.log", "lectern.log"].map((name) => readFile(join(dir, "logs", name), "utf8")))).join("\n"),
    async stop() {
      await server.stop();
      await removeDir(dir);
    },
  };
  try {
    await answers(edge.url, server.exited);
  } catch (error) {
    const fault = `${server.output()}\n${await readFile(join(dir, "logs/error.log"), "utf8").catch(() => "")}`;
    await edge.stop();
    throw new Error(fault, { cause: error });
  }
  return edge;
}

/** @throws Error where something to be replaced is not there */
async function replace(file: string, changes: Readonly<Record<string, string>>): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`${file} has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  await writeFile(file, text);
}

async function answers(url: string, exited: Promise<void>): Promise<void> {
  let ended = false;
  void exited.then(() => { ended = true; });
  for (;;) {
    if (ended) throw new Error("nginx ended");
    if (await fetch(`${url}/health/live`).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
