/** What `npm start` shows once a posted video would play. */
export interface ScreenFacts {
  /** The gateway's base; undefined: this node runs none. */
  readonly httpUrl: string | undefined;
  readonly dataDir: string;
  readonly store: string;
  /** Shown only when this start runs them. */
  readonly natsUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly tookMs: number;
  /** The admin key, at the start that made it. */
  readonly newKey: string | undefined;
  /** Where it is kept; undefined: this start has nothing to do with keys. */
  readonly keyPath: string | undefined;
}

export function startScreen(facts: ScreenFacts): string {
  const { httpUrl } = facts;
  const rows: [string, string][] = httpUrl === undefined
    ? [["gateway", "none here: this node was told to run other services"]]
    : [
        ["open", `${httpUrl}/${facts.newKey === undefined ? "" : `#key=${facts.newKey}`}`],
        ["add a video", "npm run add -- <url or file>"],
        ["try it", "npm run demo"],
        ["API", `${httpUrl}/docs`],
      ];
  rows.push(["more nodes", "npm run node -- --services transcoder,cache"], ["operate", "npm run repl"]);
  if (facts.keyPath !== undefined) rows.push(["admin key", `${facts.keyPath}${facts.newKey === undefined ? "" : "  (the link above holds it, this once)"}`]);
  rows.push(["data", facts.dataDir], ["videos", facts.store]);
  const servers = [facts.natsUrl, facts.redisUrl].filter((url) => url !== undefined);
  if (servers.length > 0) rows.push(["runs here too", servers.join("  ")]);
  rows.push(["logs", `${facts.dataDir}/logs`], ["stop", "Ctrl-C"]);
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`);
  return ["", `Lectern is ready (${(facts.tookMs / 1000).toFixed(1)} s).`, "", ...lines, ""].join("\n");
}
