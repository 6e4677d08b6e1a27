/** The command line of `npm run restore`. */
import { parseArgs } from "node:util";
import { isStoreText } from "../../config/store-location.ts";

export const RESTORE_USAGE = `npm run restore -- [--from eu] [--check]

Makes a region's store one that its nodes can go on with, from what is in it, or from another region's: copies what is
missing and reads it back, marks unfinished videos, and reports what is damaged. Safe to repeat, and while nodes run.

  --from      a region of LECTERN_REGIONS, or a store: file:<dir> or s3://<bucket> (a backup)
  --endpoint  the S3 server of such a store, other than AWS
  --check     only reports; writes nothing

The store is the node's own: LECTERN_STORE, or with LECTERN_REGIONS that of LECTERN_REGION.`;

export interface RestoreOptions { from?: string; endpoint?: string; check: boolean }
export type RestoreArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "restore"; options: RestoreOptions };

export function parseRestoreArguments(args: readonly string[]): RestoreArguments {
  try {
    const { values: { help, check = false, from, endpoint } } = parseArgs({
      args: [...args], strict: true, allowPositionals: false,
      options: { help: { type: "boolean", short: "h" }, check: { type: "boolean" }, from: { type: "string" }, endpoint: { type: "string" } },
    });
    if (help === true) return { kind: "help" };
    if (endpoint !== undefined && !(from !== undefined && isStoreText(from))) return { kind: "fault", message: "--endpoint goes with a store that --from names." };
    return { kind: "restore", options: { check, ...(from === undefined ? {} : { from }), ...(endpoint === undefined ? {} : { endpoint }) } };
  } catch (error) {
    return { kind: "fault", message: error instanceof Error ? error.message : String(error) };
  }
}
