/** The command lines of `npm run add` and `npm run demo`. */
import { parseArgs } from "node:util";

const OPTIONS = `  --title t       shown in lists and by the player
  --policy p      lazy (encode what is watched), hybrid (what is likely to be, the default), eager (everything)
  --protection p  none, aes-128 or cbcs: how its media travel to players; default: as the server's setting says
  --priority p    high, normal (the default), low
  --private       only for who has a key, or the link that is shown
  --wait          follow until all is stored, also where there is no terminal to draw on
  --server url    the gateway; default: the one that runs on this machine`;

export const ADD_USAGE = `npm run add -- <url or file> [options]

Gives Lectern a video: plays it as soon as it can be played, then shows how far the rest is.
A file whose upload was broken off goes on where it was.

${OPTIONS}`;
export const DEMO_USAGE = `npm run demo [-- options]

Makes a lecture of one minute with FFmpeg and adds it.

${OPTIONS}`;

const POLICIES = ["lazy", "hybrid", "eager"];
const PROTECTIONS = ["none", "aes-128", "cbcs"];
const PRIORITIES = ["high", "normal", "low"];

export interface AddOptions {
  readonly title?: string;
  readonly policy?: string;
  readonly protection?: string;
  readonly priority?: string;
  readonly server?: string;
  readonly wait: boolean;
  readonly private: boolean;
}

/** `what`: as it was typed. */
export type AddArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "add"; what: string | undefined; options: AddOptions };

/** @param takesSource whether a URL or file is expected */
export function parseAddArguments(args: readonly string[], takesSource: boolean): AddArguments {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args], strict: true, allowPositionals: takesSource,
      options: { title: text, policy: text, protection: text, priority: text, server: text, private: flag, wait: flag, help: { ...flag, short: "h" } },
    });
    if (values.help === true) return { kind: "help" };
    const fault = findFault(values, positionals, takesSource);
    if (fault !== undefined) return { kind: "fault", message: fault };
    const { title, policy, protection, priority, server, wait = false, private: isPrivate = false } = values;
    const options = {
      wait, private: isPrivate,
      ...(title === undefined ? {} : { title }), ...(policy === undefined ? {} : { policy }), ...(protection === undefined ? {} : { protection }),
      ...(priority === undefined ? {} : { priority }), ...(server === undefined ? {} : { server: server.replace(/\/+$/, "") }),
    };
    return { kind: "add", what: positionals[0], options };
  } catch (error) {
    return { kind: "fault", message: error instanceof Error ? error.message : String(error) };
  }
}

function findFault(values: { policy?: string; protection?: string; priority?: string; server?: string }, positionals: readonly string[], takesSource: boolean): string | undefined {
  const { policy, protection, priority, server } = values;
  if (takesSource && positionals.length !== 1) return positionals.length === 0 ? "Say which URL or file to add." : "Add one video at a time.";
  if (policy !== undefined && !POLICIES.includes(policy)) return `--policy must be one of ${POLICIES.join(", ")}, not "${policy}".`;
  if (protection !== undefined && !PROTECTIONS.includes(protection)) return `--protection must be one of ${PROTECTIONS.join(", ")}, not "${protection}".`;
  if (priority !== undefined && !PRIORITIES.includes(priority)) return `--priority must be one of ${PRIORITIES.join(", ")}, not "${priority}".`;
  if (server !== undefined && !/^https?:\/\/[^/]/.test(server)) return `--server must be a URL with http:// or https://, not "${server}".`;
  return undefined;
}

/** What was typed is an address when it has a scheme; anything else names a file. */
export function isAddress(what: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(what);
}
