/** The NATS that `npm start` runs when none is configured. Nothing in it needs to survive: events only announce. */
import { join } from "node:path";
import type { Command } from "./child.ts";
import { waitForAnswer } from "./first-line.ts";
import { writeSecretFile } from "./secret-file.ts";

/** NATS's own default. */
export const NATS_PORT = 4222;
const HOST = "127.0.0.1";
const USER = "lectern";

/** @param password undefined: for people's eyes */
export function natsUrl(port: number, password?: string): string {
  return `nats://${password === undefined ? "" : `${USER}:${encodeURIComponent(password)}@`}${HOST}:${port}`;
}

/** nats-server 2.9 syntax. Its default of 1 MB a message is below what services may send each other. */
export function natsConfig(port: number, password: string): string {
  return `listen: "${HOST}:${port}"\nserver_name: "lectern-embedded"\nmax_payload: 8MB\nauthorization { user: "${USER}", password: ${JSON.stringify(password)} }\n`;
}

/** Writes the configuration below `dataDir`. */
export function prepareNats(program: string, dataDir: string, port: number, password: string): Command {
  const path = join(dataDir, "nats.conf");
  writeSecretFile(path, natsConfig(port, password));
  return { program, args: ["--config", path] };
}

/** A NATS server introduces itself to whoever connects. */
export function waitForNats(port: number, signal: AbortSignal): Promise<void> {
  return waitForAnswer({ host: HOST, port, isReady: (line) => line.startsWith("INFO {") }, signal);
}
