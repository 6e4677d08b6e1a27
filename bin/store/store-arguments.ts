/** The command line of `npm run store`. */
import { parseArgs } from "node:util";

export const STORE_USAGE = `npm run store -- rewrap [--check]

Wraps the keys of all videos and uploads by the first key of LECTERN_STORE_KEYS, in the stores of all regions, so that an
older one can be let go of. Safe to repeat, to stop at any time, and while nodes run. Takes away keys of what is not there,
and, where a bucket keeps versions, older versions of keys: they are wrapped by the older key.

  --check     only says which keys wrap how many; writes nothing

The store is the node's own: LECTERN_STORE, or those of LECTERN_REGIONS.`;

export type StoreArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "rewrap"; check: boolean };

export function parseStoreArguments(args: readonly string[]): StoreArguments {
  try {
    const { values: { help, check = false }, positionals } = parseArgs({
      args: [...args], strict: true, allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, check: { type: "boolean" } },
    });
    if (help === true) return { kind: "help" };
    if (positionals.length !== 1 || positionals[0] !== "rewrap") return { kind: "fault", message: "There is one command: rewrap." };
    return { kind: "rewrap", check };
  } catch (error) {
    return { kind: "fault", message: error instanceof Error ? error.message : String(error) };
  }
}
