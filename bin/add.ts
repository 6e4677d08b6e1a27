/** npm run add: gives Lectern a video from the terminal. */
import { join, resolve } from "node:path";
import { ADD_USAGE, isAddress, parseAddArguments } from "./add/add-arguments.ts";
import { addVideo } from "./add/add-video.ts";
import { findServer } from "./add/find-server.ts";
import { complain } from "./complain.ts";

const parsed = parseAddArguments(process.argv.slice(2), true);
switch (parsed.kind) {
  case "help":
    console.log(ADD_USAGE);
    break;
  case "fault":
    console.error(`${parsed.message}\n\n${ADD_USAGE}`);
    process.exitCode = 2;
    break;
  case "add":
    try {
      const { what = "", options } = parsed;
      // npm changes to the project's folder; a file is meant from where the command was typed
      const source = isAddress(what) ? what : resolve(process.env["INIT_CWD"] ?? process.cwd(), what);
      const { server, config } = findServer(process.env, options.server);
      process.exitCode = await addVideo(server, source, options, process.stdout, join(config.dataDir, "uploads.json"));
    } catch (error) {
      complain(error);
      process.exitCode = 1;
    }
}
