/**
 * Runs `npm start`'s own code with a stand-in for the node. Arguments: the folders where programs are looked for,
 * separated by colons.
 */
import { fileURLToPath } from "node:url";
import { runLectern } from "../../bin/start/run-lectern.ts";
import { runUntilSignal } from "../../bin/start/run-until-signal.ts";
import { loadConfig } from "../../config/config.ts";

const folders = (process.argv[2] ?? "").split(":");
const standIn = { program: process.execPath, args: [fileURLToPath(new URL("stand-in-node.ts", import.meta.url))] };
process.exitCode = await runUntilSignal(async (signals) => {
  await runLectern({ config: loadConfig(process.env), env: process.env, folders, nodeCommand: standIn, patienceMs: 10_000, say: console.log }, signals);
}, console.log);
