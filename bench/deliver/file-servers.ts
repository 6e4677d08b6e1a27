/** What a mesh is compared with: nginx on files, and a bare HTTP server of Node that has them in memory. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KeyPair } from "../../test/support/certificates.ts";
import { findFreePort } from "../../test/support/ports.ts";
import { startProcess } from "../../test/support/processes.ts";

export interface FileServer { url: string; tlsUrl: string; pid: number; stop(): Promise<void> }

/** @param files the folder it serves @param dir its own */
export async function startNginx(files: string, dir: string, { key, cert }: KeyPair): Promise<FileServer> {
  const [port, tlsPort] = [await findFreePort(), await findFreePort()];
  await Promise.all([writeFile(join(dir, "nginx.crt"), cert), writeFile(join(dir, "nginx.key"), key)]);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${join(dir, `nginx-${name}`)};`).join("\n");
  await writeFile(join(dir, "nginx.conf"), `
${process.getuid?.() === 0 ? "user root;" : ""}
daemon off;
pid ${join(dir, "nginx.pid")};
worker_processes auto;
events { worker_connections 8192; }
http {
  ${temporary}
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=1000;
  keepalive_requests 1000000;
  types { video/mp4 m4s; application/vnd.apple.mpegurl m3u8; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl backlog=4096;
    ssl_certificate ${join(dir, "nginx.crt")};
    ssl_certificate_key ${join(dir, "nginx.key")};
    root ${files};
  }
}
`);
  const server = await startProcess("nginx", ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", join(dir, "nginx.log")]);
  await untilAnswers(`http://127.0.0.1:${port}/`);
  return { url: `http://127.0.0.1:${port}`, tlsUrl: `https://127.0.0.1:${tlsPort}`, pid: server.pid, stop: () => server.stop() };
}

export async function startBareNode(files: string): Promise<Omit<FileServer, "tlsUrl">> {
  const port = await findFreePort();
  const server = await startProcess(process.execPath, [fileURLToPath(new URL("bare-node.ts", import.meta.url)), files, String(port)]);
  await untilAnswers(`http://127.0.0.1:${port}/`);
  return { url: `http://127.0.0.1:${port}`, pid: server.pid, stop: () => server.stop() };
}

async function untilAnswers(url: string): Promise<void> {
  while (!(await fetch(url).then(() => true, () => false))) await new Promise((resolve) => setTimeout(resolve, 20));
}
