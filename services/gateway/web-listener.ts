/** The gateway's HTTP server, plain or over TLS, with the same limits. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Logger } from "moleculer";
import { openCertificate, type Pair } from "./live-certificate.ts";

type OnRequest = (req: IncomingMessage, res: ServerResponse) => void;
export interface WebListener {
  server: Server | TlsServer;
  /** Ends what reads the certificate, and whoever is still in a handshake. The server is its opener's to close. */
  close(): void;
}

const HEADERS_MS = 20_000;
/** No limit on a whole request: uploads take as long as they take, and a stalled one is cut by its own route. */
const LIMITS = { requestTimeout: 0, headersTimeout: HEADERS_MS, keepAliveTimeout: 15_000 };
const YEAR_SEC = 31_536_000;

/** @param files undefined: plain HTTP @throws Error with what is wrong with the certificate or its key */
export async function openWebListener(files: Pair | undefined, onRequest: OnRequest, logger: Logger): Promise<WebListener> {
  if (files === undefined) return { server: createServer(LIMITS, onRequest), close: () => undefined };
  const security = (pair: Pair) => ({ ...pair, minVersion: "TLSv1.2" as const });
  const certificate = await openCertificate(files, logger, (pair) => server.setSecureContext(security(pair)));
  const server = createTlsServer({ ...LIMITS, ...security(certificate.pair), ALPNProtocols: ["http/1.1"], handshakeTimeout: HEADERS_MS }, (req, res) => {
    if (!isLocal(req.headers.host)) res.setHeader("Strict-Transport-Security", `max-age=${YEAR_SEC}`);
    onRequest(req, res);
  });
  const shaking = followHandshakes(server);
  return {
    server,
    close() {
      certificate.close();
      shaking.cut();
    },
  };
}

/** A promise for all ports of a name that every machine has would be about other programs too. */
function isLocal(host: string | undefined): boolean {
  return /^localhost(:\d+)?$/i.test(host ?? "");
}

/** Connections that HTTP does not know yet: they would hold a server that closes for as long as a handshake may take. */
function followHandshakes(server: TlsServer): { cut(): void } {
  const shaking = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  server.on("connection", (socket: Socket) => {
    const name = nameOf(socket); // it has none when it is closed
    shaking.set(name, socket);
    socket.once("close", () => shaking.delete(name));
  });
  server.on("secureConnection", (socket: Socket) => shaking.delete(nameOf(socket)));
  return { cut: () => shaking.forEach((socket) => socket.destroy()) };
}
