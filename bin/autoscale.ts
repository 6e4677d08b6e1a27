/** npm run autoscale: as many transcoder nodes on this machine as their region needs, until Ctrl-C. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { errorMessage } from "../config/error-message.ts";
import { findServer } from "./add/find-server.ts";
import { askNeed } from "./autoscale/ask-need.ts";
import { AUTOSCALE_USAGE, parseAutoscaleArguments, type AutoscaleOptions } from "./autoscale/autoscale-arguments.ts";
import { openNodePool } from "./autoscale/node-pool.ts";
import { nodesWanted } from "./autoscale/steer.ts";
import { joinMesh } from "./mesh-environment.ts";
import { openLogFile } from "./start/log-file.ts";
import { PROJECT_DIR } from "./start/node-process.ts";
import { findProgram, programFolders } from "./start/program.ts";
import { runUntilSignal } from "./start/run-until-signal.ts";

/** Longer than a node's own patience with what it has begun. */
const GRACE_MS = 60_000;

const say = (text: string): void => console.log(text);

async function autoscale({ max, everyMs, url }: AutoscaleOptions, { stop, kill }: { stop: AbortSignal; kill: AbortSignal }): Promise<void> {
  const { config } = joinMesh(process.env);
  const { server } = findServer(process.env, url);
  const log = openLogFile(join(config.dataDir, "logs", "autoscale.log"), (error) => say(`The log autoscale.log can't be written: ${error.message}`));
  const prefix = `${config.nodeId}-auto-`;
  const pool = openNodePool({
    prefix, command: (nodeId) => ({ program: process.execPath, args: [join(PROJECT_DIR, "bin/node.ts"), "--services", "transcoder", "--node-id", nodeId] }),
    env: process.env, cwd: PROJECT_DIR, setpriv: findProgram("setpriv", programFolders(process.env["PATH"])), graceMs: GRACE_MS, say, now: () => performance.now(),
    onLine: (nodeId, line) => log.writeLine(`${nodeId}  ${line}`),
  });
  kill.addEventListener("abort", () => pool.kill());
  say(`Up to ${max} transcoder nodes for the region ${config.region}, by what ${server.url} says; their log is ${log.path}.`);
  let told = "";
  try {
    while (!stop.aborted) {
      try {
        const need = await askNeed(server, config.region, (nodeId) => nodeId.startsWith(prefix));
        if (need !== undefined) pool.resize(nodesWanted(need.desired, need.others, max));
        const news = need === undefined ? `Nothing is known of the region ${config.region} yet.` : `${need.desired} wanted, ${pool.count()} of them here. ${need.why}`;
        if (news !== told) say(told = news);
      } catch (error) {
        say(`What is needed is not known, so nothing is changed: ${errorMessage(error)}`);
      }
      // Two on two machines that ask in step would both start what is missing, and both end it.
      await pause(everyMs * (0.75 + Math.random() / 2), undefined, { signal: stop }).catch(() => undefined); // nothing but its end
    }
  } finally {
    await pool.close();
    log.close();
  }
}

const parsed = parseAutoscaleArguments(process.argv.slice(2));
if (parsed.kind === "help") console.log(AUTOSCALE_USAGE);
else if (parsed.kind === "fault") {
  console.error(`${parsed.message}\n\n${AUTOSCALE_USAGE}`);
  process.exitCode = 2;
} else process.exitCode = await runUntilSignal((signals) => autoscale(parsed.options, signals), say);
