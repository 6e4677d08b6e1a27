/** npm start: everything on this machine, until Ctrl-C. */
import { loadConfig } from "../config/config.ts";
import { nodeCommand } from "./start/node-process.ts";
import { programFolders } from "./start/program.ts";
import { runLectern } from "./start/run-lectern.ts";
import { runUntilSignal } from "./start/run-until-signal.ts";

const PATIENCE_MS = 60_000;

const say = (text: string): void => console.log(text);
// A terminal that was closed takes no more text; the processes must still be ended in order.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

process.exitCode = await runUntilSignal(async (signals) => {
  const config = loadConfig(process.env);
  await runLectern({
    config, env: process.env, folders: programFolders(process.env["PATH"]), nodeCommand: nodeCommand(), patienceMs: PATIENCE_MS, say,
  }, signals);
}, say);
