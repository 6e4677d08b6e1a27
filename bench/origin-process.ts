/** The origin as a process of its own, so that serving does not slow down who measures. Started by `openOrigin`. */
import { startOrigin } from "../test/support/test-origin.ts";
import type { FromOrigin, ToOrigin } from "./origin.ts";

const origin = await startOrigin({ dir: process.argv[2] ?? "." });
const tell = (message: FromOrigin): void => { process.send?.(message); };

process.on("message", (message: ToOrigin) => {
  if (message === "reset") origin.resetStats();
  tell({ kind: "stats", bytes: origin.stats.bytes, requests: origin.stats.requests });
});
process.on("disconnect", () => process.exit());
tell({ kind: "ready", url: origin.url, hostPort: origin.hostPort });
