/** Stands in for systemd where a guide says `systemctl start …`: a program of that name in a folder for PATH, whose units are the test's. */
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface Unit { start(): Promise<void>; stop?(): Promise<void>; reload?(): Promise<void> }
export interface StandInSystemd {
  /** PATH with the stand-in first. */
  path: string;
  stop(): Promise<void>;
}

/** @param dir takes the program @param units by name; what is asked of another, or of one that cannot do it, fails */
export async function standInSystemd(dir: string, units: Readonly<Record<string, Unit>>): Promise<StandInSystemd> {
  const server = createServer((req, res) => {
    const [, verb = "", name = ""] = decodeURIComponent(req.url ?? "").split("/");
    order(verb, units[name]).then(() => res.end(), (error: unknown) => res.writeHead(500).end(`${verb} ${name}: ${String(error)}\n`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const program = join(dir, "systemctl");
  await writeFile(program, `#!/bin/sh\nexec curl --fail-with-body -sS "http://127.0.0.1:${(server.address() as AddressInfo).port}/$1/$2"\n`);
  await chmod(program, 0o755);
  return {
    path: `${dir}:${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function order(verb: string, unit: Unit | undefined): Promise<void> {
  const steps = { start: [unit?.start], stop: [unit?.stop], restart: [unit?.stop, unit?.start], reload: [unit?.reload] }[verb] ?? [undefined];
  for (const step of steps) {
    if (step === undefined) throw new Error("there is no such unit, or it can do no such thing");
    await step();
  }
}
