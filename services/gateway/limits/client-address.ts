/** Where a request comes from: the peer's address, or the one that a proxy of ours names. */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import { upTo } from "../../../config/lru-room.ts";

/** Clients ask again and again; to read an address takes longer than to find it. */
const MAX_KNOWN = 2_000;
/** No address is longer, with a zone and a port; what is would only take room. */
const MAX_LENGTH = 64;

/** @param proxies addresses and CIDR blocks whose `X-Forwarded-For` is believed @returns of a request: an IPv4 address, or an IPv6 one, in their one spelling */
export function clientAddresses(proxies: readonly string[]): (req: Pick<IncomingMessage, "socket" | "headers">) => string {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    trusted.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  const isProxy = (address: string): boolean => trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  return ({ socket, headers }) => {
    const peer = spell(socket.remoteAddress ?? "") ?? "0.0.0.0"; // gone already
    const named = headers["x-forwarded-for"];
    if (typeof named !== "string" || !isProxy(peer)) return peer;
    // Each proxy adds whom it heard it from at the end: what stands before the first that is not ours, anybody may have written.
    let client = peer;
    for (const part of named.split(",").toReversed()) {
      const address = spell(part.trim());
      if (address === undefined) return client;
      client = address;
      if (!isProxy(client)) return client;
    }
    return client;
  };
}

/** Whom limits count as one: an IPv6 network is one household, or one attacker with 2^64 addresses. */
export const householdOf = remembered((address) => {
  if (isIP(address) !== 6) return address;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()}/64`;
});

export const isLoopback = remembered((address) => isIP(address) !== 0 && ipaddr.parse(address).range() === "loopback");

const spelled = remembered(spellOf);
const spell = (text: string): string | undefined => (text.length > MAX_LENGTH ? undefined : spelled(text));

function spellOf(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1").split("%")[0] ?? "";
  return isIP(bare) === 0 ? undefined : ipaddr.process(bare).toString();
}

/** Of the last addresses that were asked for. */
function remembered<Value>(find: (address: string) => Value): (address: string) => Value {
  const known = new LRUCache<string, { value: Value }>(upTo(MAX_KNOWN));
  return (address) => {
    const seen = known.get(address);
    if (seen !== undefined) return seen.value;
    const value = find(address);
    known.set(address, { value });
    return value;
  };
}
