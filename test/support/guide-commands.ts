/** Commands within the sentences of the guides: which are run by a test here, and which are not, with the reason. */
import { listInlineCommands } from "./guide.ts";
import { listFiles, readSource } from "./imports.ts";

/** What no test can run, or runs elsewhere. */
export const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm start$/, "it runs until it is stopped: each mesh of the tests is started so"],
  [/^npm run node -- --services transcoder$/, "it runs until it is stopped: docs/operating.md is run with it"],
  [/^npm run autoscale -- --max 2$/, "it runs until it is stopped: test/integration/autoscale"],
  [/^npm run restore -- --from <region>$/, "it needs two regions: test/integration/region-lost"],
  [/^npm install && npm run build$/, "it needs the registry: test/integration/guides builds the client with the compiler that is there"],
  [/^docker compose (ps|up -d (redis|nats))$/, "it needs Docker: what it names is looked up"],
  [/^kubectl -n lectern (get (pods|events)|logs --previous <pod>)$/, "it needs a cluster: what it names is looked up"],
  [/^journalctl (-u lectern@worker|-k \| grep -i oom)$/, "it needs systemd's journal: what it names is looked up"],
  [/^aws s3 (sync|rm --recursive) s3:\/\/lectern/, "it needs a bucket at AWS"],
];

export const PAGES: readonly string[] = [...listFiles("docs/*.md"), "clients/typescript/README.md"];

/** Of all pages, each once. */
export const guideCommands = (): string[] => [...new Set(PAGES.flatMap((page) => listInlineCommands(readSource(page))))];

export const isRun = (command: string): boolean => !NOT_RUN.some(([pattern]) => pattern.test(command));

/** What a reader fills in: `<id>`. @throws Error for what is not among `values` */
export function fillIn(command: string, values: Readonly<Record<string, string>>): string {
  return command.replaceAll(/<([^<>]+)>/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${command}: nothing is known for <${name}>`);
    return value;
  });
}
