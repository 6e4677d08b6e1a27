/** Opening and closing an HTTP server of a service. */
import type { Server } from "node:http";
import { Server as TlsServer } from "node:https";

/** Where a service may be reached; `port` is the real one when 0 was asked for. */
export interface Listening { host: string; port: number; url: string }

const CLOSE_GRACE_MS = 2_000;

/** @throws the system's error when the address is taken or not ours */
export function listen(server: Server | TlsServer, host: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : port;
      resolve({ host, port: bound, url: `${server instanceof TlsServer ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${bound}` });
    });
  });
}

/** Answers what is under way, for a moment; then cuts the rest. Does nothing for a server that never listened. */
export async function closeListener(server: Server | TlsServer | undefined): Promise<void> {
  if (server?.listening !== true) return;
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cut);
}
