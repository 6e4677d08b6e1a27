/**
 * A network namespace a region. Each has a short line to this process, by which its viewers come and sources are read, and
 * no way to another region but the delay line. Names have this process's id in them; what a killed run left is removed.
 */
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { runProcess } from "../../test/support/processes.ts";

export interface Place {
  name: string;
  namespace: string;
  /** Where the region is for its viewers, and for this process. */
  address: string;
  /** Where it is for the other regions. */
  lineAddress: string;
}

export interface Places {
  /** Of the names of devices. */
  prefix: string;
  places: readonly Place[];
  /** An address of this process that all regions reach, however the lines between them are. */
  originAddress: string;
  /** Ends all that runs in a region, by SIGKILL; resolves when it is gone. */
  killAll(place: Place): Promise<void>;
  close(): Promise<void>;
}

const NAME = "lectern-chaos";
const LOOK_MS = 20;
const ip = (...args: string[]): Promise<string> => runProcess("ip", args);

export async function openNamespaces(names: readonly string[]): Promise<Places> {
  await removeStale();
  const net = await freeNet();
  const prefix = `lc${process.pid}`;
  const originAddress = `${net}.254`;
  const places = names.map((name, n) => ({ name, namespace: `${NAME}-${process.pid}-${name}`, address: `${net}.${n * 4 + 2}`, lineAddress: `198.19.0.${n + 1}` }));
  const close = async (): Promise<void> => {
    for (const { namespace } of places) await removeNamespace(namespace);
  };
  try {
    for (const [n, place] of places.entries()) await openPlace(place, `${prefix}v${n}`, `${net}.${n * 4 + 1}`, originAddress, n === 0);
  } catch (error) {
    await close();
    throw error;
  }
  return { prefix, places, originAddress, killAll: ({ namespace }) => killAll(namespace), close };
}

/** @param isFirst its device has the address of the sources */
async function openPlace({ namespace, address }: Place, device: string, gateway: string, originAddress: string, isFirst: boolean): Promise<void> {
  await ip("netns", "add", namespace);
  await ip("link", "add", device, "type", "veth", "peer", "name", "viewers", "netns", namespace);
  await ip("addr", "add", `${gateway}/30`, "dev", device);
  if (isFirst) await ip("addr", "add", `${originAddress}/32`, "dev", device);
  await ip("link", "set", device, "up");
  await ip("-n", namespace, "link", "set", "lo", "up");
  await ip("-n", namespace, "addr", "add", `${address}/30`, "dev", "viewers");
  await ip("-n", namespace, "link", "set", "viewers", "up");
  await ip("-n", namespace, "route", "add", originAddress, "via", gateway);
  await inNamespace(namespace, "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6");
}

const inNamespace = (namespace: string, ...command: string[]): Promise<string> => runProcess("ip", ["netns", "exec", namespace, ...command]);

/** Three numbers of a network for benchmarks (RFC 2544) that no other run uses. */
async function freeNet(): Promise<string> {
  const routes = await ip("route", "show");
  for (let n = 0; n < 256; n++) {
    const net = `198.18.${(process.pid + n) % 256}`;
    if (!routes.includes(`${net}.`)) return net;
  }
  throw new Error("All of 198.18.0.0/16 is in use.");
}

async function killAll(namespace: string): Promise<void> {
  for (;;) {
    const pids = (await ip("netns", "pids", namespace)).split("\n").filter((line) => line !== "").map(Number);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it went by itself
      }
    }
    await delay(LOOK_MS);
  }
}

async function removeNamespace(namespace: string): Promise<void> {
  if (!existsSync(`/run/netns/${namespace}`)) return;
  await killAll(namespace);
  // With the namespace it would go as well, but some time later.
  if ((await ip("-n", namespace, "-brief", "link")).includes("viewers")) await ip("-n", namespace, "link", "del", "viewers");
  await ip("netns", "del", namespace);
}

async function removeStale(): Promise<void> {
  for (const line of (await ip("netns", "list")).split("\n")) {
    const [, namespace, pid] = /^(lectern-chaos-(\d+)-\S+)/.exec(line) ?? [];
    if (namespace !== undefined && !existsSync(`/proc/${pid}`)) await removeNamespace(namespace);
  }
}
