import { readFileSync } from "node:fs";

/** Of this program, as package.json says it. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version?: unknown };
  return typeof version === "string" ? version : "unknown";
}
