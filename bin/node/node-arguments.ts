/** The command line of `npm run node`: each flag is a setting, which stands above the environment's. */
import { parseArgs } from "node:util";

export const NODE_USAGE = `npm run node -- [--region eu] [--services transcoder,cache] [--node-id name] [--slots n]

Joins the mesh as one more node and stays until Ctrl-C, which lets it finish its work first.

  --region    where this node runs (LECTERN_REGION)
  --services  what it runs, comma-separated; default: all (LECTERN_SERVICES)
  --node-id   its name in the mesh (LECTERN_NODE_ID)
  --slots     FFmpeg processes at once; default: one per core (LECTERN_SLOTS)

The mesh is the one that \`npm start\` runs on this machine, or LECTERN_NATS_URL, LECTERN_REDIS_URL and LECTERN_STORE say
where it is.`;

export type NodeArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "join"; settings: Record<string, string> };

const FLAGS = { "region": "LECTERN_REGION", "services": "LECTERN_SERVICES", "node-id": "LECTERN_NODE_ID", "slots": "LECTERN_SLOTS" } as const;

export function parseNodeArguments(args: readonly string[]): NodeArguments {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args], strict: true, allowPositionals: false,
      options: { "help": { type: "boolean", short: "h" }, "region": text, "services": text, "node-id": text, "slots": text },
    });
    if (values.help === true) return { kind: "help" };
    const settings: Record<string, string> = {};
    for (const [flag, value] of Object.entries(values)) if (isFlag(flag) && typeof value === "string") settings[FLAGS[flag]] = value;
    return { kind: "join", settings };
  } catch (error) {
    return { kind: "fault", message: error instanceof Error ? error.message : String(error) };
  }
}

function isFlag(flag: string): flag is keyof typeof FLAGS {
  return Object.hasOwn(FLAGS, flag);
}
