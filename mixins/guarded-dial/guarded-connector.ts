/**
 * Opens sockets for the HTTP client, and is where the address rules hold: the addresses that were checked are the
 * ones dialled, in one step, so that a name cannot point elsewhere a moment later. TLS still verifies the name.
 */
import type { LookupFunction, Socket } from "node:net";
import { isIP } from "node:net";
import { callbackify } from "node:util";
import { buildConnector } from "undici";
import { isGlobalAddress } from "./address-rules.ts";
import { AddressRefused } from "./refusal.ts";
import { resolveGlobal, type ResolveHost } from "./resolve-host.ts";
import { defaultPort, type AllowedOrigins } from "./public-url.ts";

export type Connector = buildConnector.connector;
/** A socket to an address, by way of a proxy. */
export type OpenTunnel = (host: string, port: number, timeoutMs: number) => Promise<Socket>;

export interface ConnectorOptions {
  allowed: AllowedOrigins;
  resolve: ResolveHost;
  /** DNS, a tunnel, TCP and TLS, each. */
  timeoutMs: number;
}

/** @param tunnel through the operator's proxy, which is told the checked address, not the name; absent: straight from here */
export function guardedConnector({ allowed, resolve, timeoutMs, tunnel }: ConnectorOptions & { tunnel?: OpenTunnel }): Connector {
  const exempt = buildConnector({ timeout: timeoutMs });
  const guarded = buildConnector({ timeout: timeoutMs, lookup: guardedLookup(resolve) });
  /** `by`: looks the name up; undefined: it is an address, or exempt. */
  const openTunnelTo = callbackify(async (by: ResolveHost | undefined, hostname: string, port: number): Promise<Socket> => {
    if (tunnel === undefined) throw new Error("there is no tunnel");
    return await tunnel(by === undefined ? hostname : await resolveOne(hostname, by), port, timeoutMs);
  });
  return (options, callback) => {
    const { hostname, port, protocol } = options;
    const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
    const isExempt = allowed.has(`${host}:${port || defaultPort(protocol)}`);
    // Node asks no lookup for an address, so it is checked here.
    if (!isExempt && isIP(hostname) !== 0 && !isGlobalAddress(hostname)) {
      callback(new AddressRefused(`address ${hostname}`), null);
    } else if (tunnel !== undefined) {
      openTunnelTo(isExempt || isIP(hostname) !== 0 ? undefined : resolve, hostname, Number(port || defaultPort(protocol)), (error, socket) => {
        if (error !== null) callback(error, null);
        else if (protocol === "https:") exempt({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      });
    } else if (isExempt) exempt(options, callback);
    else {
      guarded(options, (error, socket) => {
        if (error !== null) callback(error, null);
        else checkPeer(socket, callback);
      });
    }
  };
}

/** A proxy is told one address; IPv4 gets through more of them. */
async function resolveOne(hostname: string, resolve: ResolveHost): Promise<string> {
  const addresses = await resolveGlobal(hostname, resolve);
  return addresses.find((address) => isIP(address) === 4) ?? addresses[0] ?? hostname;
}

/** The second line: whatever was meant to be dialled, this is what answered. */
function checkPeer(socket: Socket, callback: buildConnector.Callback): void {
  const peer = socket.remoteAddress;
  if (peer !== undefined && isGlobalAddress(peer)) {
    callback(null, socket);
    return;
  }
  socket.destroy();
  callback(new AddressRefused(`connected to ${peer ?? "nobody"}`), null);
}

function guardedLookup(resolve: ResolveHost): LookupFunction {
  const lookUp = callbackify((host: string) => resolveGlobal(host, resolve));
  return (host, options, callback) => {
    lookUp(host, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const found = addresses.map((address) => ({ address, family: isIP(address) }));
      const [first] = found;
      if (options.all === true || first === undefined) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}
