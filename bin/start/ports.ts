/** TCP ports of this machine: is one free, which one is. */
import { createServer, type AddressInfo } from "node:net";
import { findSystemCode, StartError } from "./start-error.ts";

/** The system's error code when `port` cannot be listened on; undefined when it can. */
function findListenFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error) => resolve(findSystemCode(error) ?? error.message));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

/** `preferred` when it is free, else any free port of `host`. */
export async function choosePort(host: string, preferred: number): Promise<number> {
  return preferred !== 0 && (await findListenFault(host, preferred)) === undefined ? preferred : findFreePort(host);
}

export function findFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen({ host, port: 0 }, () => {
      const { port } = probe.address() as AddressInfo; // listens on TCP: neither a pipe's name nor null
      probe.close(() => resolve(port));
    });
  });
}

/** @throws StartError in the words of who set LECTERN_HTTP_HOST and LECTERN_HTTP_PORT */
export async function checkPortFree(host: string, port: number): Promise<void> {
  const fault = await findListenFault(host, port);
  if (fault === undefined) return;
  switch (fault) {
    case "EADDRINUSE": throw new StartError(`Port ${port} of ${host} is taken by another program: stop that one, or choose another port with LECTERN_HTTP_PORT.`);
    case "EACCES": throw new StartError(`Port ${port} needs more rights than this user has: choose one above 1023 with LECTERN_HTTP_PORT.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND": throw new StartError(`${host} is no address of this machine: change LECTERN_HTTP_HOST.`);
    default: throw new StartError(`Port ${port} of ${host} cannot be listened on (${fault}).`);
  }
}
