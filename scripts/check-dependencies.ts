/**
 * npm run check-dependencies: whether the registry knows of holes in the locked packages. Fails at a high or critical one in
 * what runs in production; says so where the registry does not tell (a mirror without advisories, no network).
 */
import { spawnSync } from "node:child_process";

interface Advice { severity: string; title: string; url: string }
interface Report {
  error?: { summary?: string };
  message?: string;
  vulnerabilities?: Record<string, { severity: string; via: (Advice | string)[]; range: string }>;
}

const SERIOUS = ["high", "critical"];

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8", timeout: 60_000 });
const report = parseReport(stdout);
if (report?.vulnerabilities === undefined) {
  console.log(`Advisories were NOT checked: the registry does not tell (${report?.message || report?.error?.summary || "no answer"}).`);
} else {
  const found = Object.entries(report.vulnerabilities);
  for (const [name, { severity, via, range }] of found) {
    const why = via.map((cause) => (typeof cause === "string" ? `through ${cause}` : `${cause.title} ${cause.url}`));
    console.log(`${severity.padEnd(9)} ${name} ${range}: ${why.join("; ")}`);
  }
  const serious = found.filter(([, { severity }]) => SERIOUS.includes(severity));
  console.log(`${found.length} packages with known holes, ${serious.length} of them high or critical.`);
  process.exitCode = serious.length === 0 ? 0 : 1;
}

function parseReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}
