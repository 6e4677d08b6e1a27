/** npm run keys: certificates, keys and configurations for a mesh whose every line is TLS. */
import { loadConfig } from "../config/config.ts";
import { complain } from "./complain.ts";
import { KEYS_USAGE, parseKeyArguments } from "./keys/key-arguments.ts";
import { runKeys } from "./keys/run-keys.ts";
import { findSystemCode, StartError } from "./start/start-error.ts";

const parsed = parseKeyArguments(process.argv.slice(2));
switch (parsed.kind) {
  case "help":
    console.log(KEYS_USAGE);
    break;
  case "fault":
    console.error(`${parsed.message}\n\n${KEYS_USAGE}`);
    process.exitCode = 2;
    break;
  case "run":
    try {
      await runKeys(parsed.command, parsed.options, loadConfig({ LECTERN_DATA: process.env["LECTERN_DATA"] }).dataDir, (text) => console.log(text));
    } catch (error) {
      const code = findSystemCode(error);
      complain(code !== undefined && /^E[A-Z]+$/.test(code) && error instanceof Error ? new StartError(`The keys could not be written: ${error.message}. What was written is whole; run it again.`) : error);
      process.exitCode = 1;
    }
}
