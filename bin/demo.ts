/** npm run demo: makes a lecture and adds it, so that there is something to watch. */
import { join } from "node:path";
import { DEMO_USAGE, parseAddArguments } from "./add/add-arguments.ts";
import { addVideo } from "./add/add-video.ts";
import { findServer } from "./add/find-server.ts";
import { complain } from "./complain.ts";
import { makeLecture } from "./demo/make-lecture.ts";
import { LECTURE_TITLE } from "./demo/slides.ts";

const parsed = parseAddArguments(process.argv.slice(2), false);
switch (parsed.kind) {
  case "help":
    console.log(DEMO_USAGE);
    break;
  case "fault":
    console.error(`${parsed.message}\n\n${DEMO_USAGE}`);
    process.exitCode = 2;
    break;
  case "add":
    try {
      const { server, config } = findServer(process.env, parsed.options.server);
      const path = await makeLecture(config.dataDir, config.ffmpegPath, console.log);
      process.exitCode = await addVideo(server, path, { title: LECTURE_TITLE, ...parsed.options }, process.stdout, join(config.dataDir, "uploads.json"));
    } catch (error) {
      complain(error);
      process.exitCode = 1;
    }
}
