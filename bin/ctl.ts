/** npm run ctl: the operators' commands for scripts, over HTTP. */
import { findServer } from "./add/find-server.ts";
import { complain } from "./complain.ts";
import { CTL_USAGE, parseCtlArguments } from "./operator/ctl-arguments.ts";
import { runCtl } from "./operator/run-ctl.ts";

const parsed = parseCtlArguments(process.argv.slice(2));
switch (parsed.kind) {
  case "help":
    console.log(CTL_USAGE);
    break;
  case "fault":
    console.error(`${parsed.message}\n\n${CTL_USAGE}`);
    process.exitCode = 2;
    break;
  case "run":
    try {
      process.exitCode = await runCtl(findServer(process.env, parsed.url).server, parsed, { out: (line) => console.log(line), err: (line) => console.error(line) });
    } catch (error) {
      complain(error);
      process.exitCode = 1;
    }
}
