/** The command line of `npm run audit`. */
import { parseArgs } from "node:util";

export const AUDIT_USAGE = `npm run -s audit -- export [file] [--url http://…]
npm run -s audit -- verify <file> [--key <file>]… [--since-checkpoint <file>] [--json]
npm run -s audit -- key
npm run -s audit -- rotate

  export   the region's audit log, from a gateway, to a file or to the standard output
  verify   whether an export is what was written; needs nothing but the file
  key      the public key of this machine's mesh, to be kept where nobody can change it
  rotate   another signing key in the place of this machine's, signed by that; nodes take it when they are started again

  --key               a public key that is trusted (PEM, or what \`key\` prints); default: that of this machine's mesh
  --since-checkpoint  a checkpoint that was kept, or an export that was: nothing up to it may be missing or another
  --json              the whole report
  --url               the gateway; default: the one that runs on this machine

verify ends with 0 when all is as it was written, with 1 when something was changed, left out or added, and with 2 when that
cannot be said: the file breaks off, there is no trusted key, or the command line is wrong.`;

export type AuditArguments =
  | { kind: "help" } | { kind: "fault"; message: string }
  | { kind: "export"; file?: string; url?: string }
  | { kind: "verify"; file: string; keys: readonly string[]; since?: string; json: boolean }
  | { kind: "key" } | { kind: "rotate" };

export function parseAuditArguments(args: readonly string[]): AuditArguments {
  const fault = (message: string): AuditArguments => ({ kind: "fault", message });
  try {
    const { values, positionals: [command, file, ...rest] } = parseArgs({
      args: [...args], strict: true, allowPositionals: true,
      options: { key: { type: "string", multiple: true }, "since-checkpoint": { type: "string" }, json: { type: "boolean" }, url: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    const { key: keys = [], "since-checkpoint": since, json = false, url } = values;
    if (values.help === true) return { kind: "help" };
    if (rest.length > 0) return fault("There is one file at most.");
    if (command !== "verify" && (keys.length > 0 || since !== undefined || json)) return fault("--key, --since-checkpoint and --json are for verify.");
    if (command !== "export" && url !== undefined) return fault("--url is for export.");
    if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) return fault(`--url must be a URL with http:// or https://, not "${url}".`);
    switch (command) {
      case "export":
        return { kind: "export", ...(file === undefined ? {} : { file }), ...(url === undefined ? {} : { url: url.replace(/\/+$/, "") }) };
      case "verify":
        return file === undefined ? fault("verify wants the file of an export.") : { kind: "verify", file, keys, json, ...(since === undefined ? {} : { since }) };
      case "key":
      case "rotate":
        return file === undefined ? { kind: command } : fault(`${command} takes no argument.`);
      default:
        return fault(command === undefined ? "Say what to do." : `There is no command "${command}".`);
    }
  } catch (error) {
    return fault(error instanceof Error ? error.message : String(error));
  }
}
