/** Sockets to an address through the operator's proxies: HTTP CONNECT (RFC 9110 9.3.6) and SOCKS5 (RFC 1928). */
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type Socket } from "node:net";
import { SocksClient } from "socks";
import { errorMessage } from "../../../config/errors.ts";
import type { OpenTunnel } from "../../../mixins/guarded-dial/guarded-connector.ts";
import { bareHost } from "../../../mixins/guarded-dial/public-url.ts";

/** A way out does not work; the origin has nothing to do with it. The message is for our log. */
export class EgressTrouble extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "EgressTrouble";
  }
}

/** What it gives throws EgressTrouble when the proxy cannot be reached, or does not let us through. @param proxy URL as `parsePolicy` has found it good */
export function openTunnelThrough(name: string, proxy: string): OpenTunnel {
  const url = new URL(proxy);
  const open = url.protocol === "socks5:" ? throughSocks(url) : throughHttp(url);
  return async (host, port, timeoutMs) => {
    try {
      return await open(host, port, timeoutMs);
    } catch (error) {
      throw new EgressTrouble(`the way out "${name}" does not work: ${errorMessage(error)}`, error);
    }
  };
}

/** As a URL has them: percent-encoded. */
const credentials = ({ username, password }: URL): { user: string; password: string } => ({ user: decodeURIComponent(username), password: decodeURIComponent(password) });

function throughSocks(proxy: URL): OpenTunnel {
  const { user, password } = credentials(proxy);
  const server = { host: bareHost(proxy.hostname), port: Number(proxy.port || 1080), type: 5 as const, ...(user === "" ? {} : { userId: user, password }) };
  return async (host, port, timeout) => {
    const { socket } = await SocksClient.createConnection({ proxy: server, command: "connect", destination: { host, port }, timeout });
    return socket;
  };
}

function throughHttp(proxy: URL): OpenTunnel {
  const { user, password } = credentials(proxy);
  const authorization = user === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
  const request = proxy.protocol === "https:" ? requestHttps : requestHttp;
  return (host, port, timeoutMs) => new Promise((resolve, reject) => {
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const asked = request(proxy, { method: "CONNECT", path: target, headers: { host: target, ...authorization }, agent: false });
    const limit = setTimeout(() => asked.destroy(new Error("it does not answer in time")), timeoutMs);
    asked.on("error", (error) => { clearTimeout(limit); reject(error); });
    asked.on("response", (response) => { // anything but a tunnel
      response.resume();
      asked.destroy(new Error(`it answers ${response.statusCode}`));
    });
    asked.on("connect", (response, socket: Socket, head) => {
      clearTimeout(limit);
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`it answers ${response.statusCode}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.end();
  });
}
