/** The certificates of a folder of keys, and until when they are good. */
import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyRecord } from "./key-record.ts";

export interface Listed { path: string; holder: string; until: Date; days: number }

const DAY_MS = 86_400_000;

/** Those first that end first. */
export function listCertificates(dir: string, { nodes }: KeyRecord, now: number): Listed[] {
  const folders = [["authority", "authority"], ["nats", "NATS"], ["redis", "Redis"], ...nodes.map(({ id, role }) => [`nodes/${id}`, `${id} (${role})`])] as [string, string][];
  return folders.flatMap(([folder, holder]) => (existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)) : [])
    .filter((name) => name === "authority.pem" || (name.endsWith(".crt") && name !== "ca.crt"))
    .map((name) => {
      const until = new Date(new X509Certificate(readFileSync(join(dir, folder, name))).validTo);
      return { path: `${folder}/${name}`, holder, until, days: Math.floor((until.getTime() - now) / DAY_MS) };
    }))
    .toSorted((a, b) => a.until.getTime() - b.until.getTime());
}
