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
import { defaultPort, type AllowedOrigins } from "./source-url.ts";

export function guardedConnector(allowed: AllowedOrigins, resolve: ResolveHost, timeoutMs: number): buildConnector.connector {
  const exempt = buildConnector({ timeout: timeoutMs });
  const guarded = buildConnector({ timeout: timeoutMs, lookup: guardedLookup(resolve) });
  return (options, callback) => {
    const { hostname, port, protocol } = options;
    const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
    if (allowed.has(`${host}:${port || defaultPort(protocol)}`)) {
      exempt(options, callback);
      return;
    }
    // Node asks no lookup for an address, so it is checked here.
    if (isIP(hostname) !== 0 && !isGlobalAddress(hostname)) {
      callback(new AddressRefused(`address ${hostname}`), null);
      return;
    }
    guarded(options, (error, socket) => {
      if (error !== null) callback(error, null);
      else checkPeer(socket, callback);
    });
  };
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
