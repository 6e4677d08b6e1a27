/** What an experiment with namespaces needs of the machine. */
import { existsSync } from "node:fs";
import { hasProgram } from "../../test/support/processes.ts";

/** @throws Error naming all that is missing */
export async function checkRequirements(): Promise<void> {
  const missing = [
    ...(process.platform === "linux" ? [] : ["Linux"]),
    ...(process.getuid?.() === 0 ? [] : ["root, for network namespaces"]),
    ...((await hasProgram("ip")) ? [] : ["the program ip (Debian: iproute2)"]),
    ...((await hasProgram("python3")) ? [] : ["the program python3 (Debian: python3)"]),
    ...(existsSync("/dev/net/tun") ? [] : ["/dev/net/tun (modprobe tun; in a container, --device /dev/net/tun --cap-add NET_ADMIN,SYS_ADMIN)"]),
  ];
  if (missing.length > 0) throw new Error(`The regions' namespaces and the line between them need ${missing.join(", ")}.`);
}
