/** Takes the command line of `npm run node`, and is done when the node has ended. */
import { complain } from "../complain.ts";
import { joinMesh } from "../mesh-environment.ts";
import { NODE_USAGE, parseNodeArguments } from "./node-arguments.ts";
import { openNodeDirectory } from "./node-directory.ts";
import { runNode } from "./run-node.ts";
import { formatStore, gatewayScheme, httpBase } from "../start/addresses.ts";
import { nodeCommand, nodeEnvironment, PROJECT_DIR } from "../start/node-process.ts";
import { checkPortFree, choosePort } from "../start/ports.ts";
import { findProgram, programFolders } from "../start/program.ts";

async function join(flags: Readonly<Record<string, string>>): Promise<number> {
  const { config, env } = joinMesh({ ...process.env, ...flags });
  const settings: Record<string, string> = { LECTERN_STORE: formatStore(config.store), LECTERN_AUDIT_KEY: config.auditKey };
  if (config.services.includes("gateway")) {
    const chosen = env["LECTERN_HTTP_PORT"] !== undefined;
    if (chosen && config.httpPort !== 0) await checkPortFree(config.httpHost, config.httpPort);
    const port = chosen && config.httpPort !== 0 ? config.httpPort : await choosePort(config.httpHost, config.httpPort);
    settings["LECTERN_HTTP_PORT"] = String(port);
    console.log(`This node's gateway: ${httpBase(config.httpHost, port, gatewayScheme(config))}/`);
  }
  const { dir, lock } = openNodeDirectory(config.dataDir);
  try {
    const setpriv = findProgram("setpriv", programFolders(env["PATH"]));
    return await runNode(nodeCommand(), nodeEnvironment(env, { ...settings, LECTERN_DATA: dir }, config.dataDir), PROJECT_DIR, setpriv);
  } finally {
    lock.close();
  }
}

const parsed = parseNodeArguments(process.argv.slice(2));
switch (parsed.kind) {
  case "help":
    console.log(NODE_USAGE);
    break;
  case "fault":
    console.error(`${parsed.message}\n\n${NODE_USAGE}`);
    process.exitCode = 2;
    break;
  case "join":
    try {
      process.exitCode = await join(parsed.settings);
    } catch (error) {
      complain(error);
      process.exitCode = 1;
    }
}
