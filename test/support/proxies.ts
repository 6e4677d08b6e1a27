/** Real proxies on the loopback: tinyproxy for HTTP CONNECT, microsocks for SOCKS5. */
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { findFreePort } from "./ports.ts";
import { makeTempDir, removeDir, startProcess, type TestProcess } from "./processes.ts";

export interface Credentials { user: string; password: string }
export interface TestProxy {
  /** As a policy has it, credentials included. */
  url: string;
  /** SIGKILL: its connections are cut. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const START_MS = 10_000;

export async function startTinyproxy(login: Credentials): Promise<TestProxy> {
  const [port, dir] = [await findFreePort(), await makeTempDir("tinyproxy")];
  const file = join(dir, "tinyproxy.conf");
  await writeFile(file, [`Port ${port}`, "Listen 127.0.0.1", "Allow 127.0.0.1", "Timeout 60", "MaxClients 100", `BasicAuth ${login.user} ${login.password}`, "LogLevel Info", ""].join("\n"));
  const program = await startProcess("tinyproxy", ["-d", "-c", file]);
  await program.said(/Accepting connections|Starting main loop/, START_MS);
  return describe(address("http", login, port), program, dir);
}

export async function startMicrosocks(login: Credentials): Promise<TestProxy> {
  const port = await findFreePort();
  const program = await startProcess("microsocks", ["-i", "127.0.0.1", "-p", String(port), "-u", login.user, "-P", login.password]);
  await listening(port);
  return describe(address("socks5", login, port), program);
}

const address = (scheme: string, { user, password }: Credentials, port: number): string => `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}`;

function describe(url: string, program: TestProcess, dir?: string): TestProxy {
  const end = async (leave: Promise<void>): Promise<void> => {
    await leave;
    if (dir !== undefined) await removeDir(dir);
  };
  return { url, kill: () => end(program.kill()), stop: () => end(program.stop()) };
}

/** microsocks says nothing when it is ready. */
async function listening(port: number): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
      socket.on("error", () => resolve(false));
    });
    if (open) return;
    if (Date.now() > until) throw new Error("microsocks does not listen");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
