/** npm run audit: takes the audit log along, and says whether it is what was written. */
import { createWriteStream } from "node:fs";
import { loadConfig } from "../config/config.ts";
import { findServer } from "./add/find-server.ts";
import { ApiError, NoServerError } from "./add/gateway-client.ts";
import { AUDIT_USAGE, parseAuditArguments, type AuditArguments } from "./audit/audit-arguments.ts";
import { exportAudit } from "./audit/export-audit.ts";
import { readSigningKey, rotateKey } from "./audit/rotate-key.ts";
import { EXIT_CODES, formatReport, verifyFile } from "./audit/verify-audit.ts";
import { complain } from "./complain.ts";

/** @returns the exit code */
async function run(parsed: AuditArguments): Promise<number> {
  switch (parsed.kind) {
    case "help":
      console.log(AUDIT_USAGE);
      return 0;
    case "fault":
      console.error(`${parsed.message}\n\n${AUDIT_USAGE}`);
      return 2;
    case "export": {
      const isWhole = await exportAudit(findServer(process.env, parsed.url).server, parsed.file === undefined ? process.stdout : createWriteStream(parsed.file, { mode: 0o600 }));
      if (!isWhole) console.error("The export broke off.");
      return isWhole ? 0 : 1;
    }
    case "verify": {
      const report = await verifyFile(parsed.file, parsed.keys, loadConfig(process.env).auditKey, parsed.since);
      console.log(parsed.json ? JSON.stringify(report) : formatReport(report));
      return EXIT_CODES[report.verdict];
    }
    case "key":
      console.log(JSON.stringify(readSigningKey(loadConfig(process.env).auditKey).certificate));
      return 0;
    case "rotate":
      console.log(JSON.stringify(rotateKey(loadConfig(process.env).auditKey, new Date()).certificate));
      return 0;
    default:
      return parsed satisfies never;
  }
}

const parsed = parseAuditArguments(process.argv.slice(2));
try {
  process.exitCode = await run(parsed);
} catch (error) {
  process.exitCode = parsed.kind === "verify" ? 2 : 1;
  if (error instanceof ApiError || error instanceof NoServerError) console.error(error.message);
  else complain(error);
}
