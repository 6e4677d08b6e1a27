/** docs/runbooks.md against the alerts and the commands that there are. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { findCommand } from "../../../bin/operator/commands.ts";
import { listAlerts } from "../../support/alert-rules.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const RUNBOOKS = read("docs/runbooks.md");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
/** As GitHub and GitLab make them of headings. */
const anchorOf = (heading: string): string => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-");
const headings = [...RUNBOOKS.matchAll(/^###? (.+)$/gm)].map(([, heading]) => heading ?? "");

describe("runbooks", () => {
  it("have a section for each alert, of its severity, and none for others", () => {
    const sections = headings.filter((heading) => heading.startsWith("Lectern"));
    expect(sections.toSorted()).to.deep.equal(listAlerts().map(({ alert }) => alert).toSorted());
    for (const { alert, labels } of listAlerts()) {
      expect(RUNBOOKS.slice(RUNBOOKS.indexOf(`### ${alert}\n`)).split("\n")[2], alert).to.match(new RegExp(`^\\*\\*${labels.severity}\\.\\*\\* `));
    }
  });

  it("refer to sections that are there", () => {
    const anchors = headings.map(anchorOf);
    const named = [...RUNBOOKS.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor ?? "");
    expect(named.filter((anchor) => !anchors.includes(anchor))).to.deep.equal([]);
    expect(named).to.not.be.empty;
  });

  it("give commands that there are", () => {
    const commands = [...RUNBOOKS.matchAll(/\bctl (?:-- )?([a-z][a-z-]*)/g)].map(([, name]) => name ?? "");
    expect(commands.filter((name) => findCommand(name) === undefined)).to.deep.equal([]);
    const run = [...RUNBOOKS.matchAll(/npm (?:run (?:-s )?)?([a-z-]+)/g)].map(([, name]) => name ?? "");
    expect(run.filter((name) => !(name in scripts))).to.deep.equal([]);
    expect([commands.length, run.length].every((count) => count > 5)).to.equal(true);
  });
});
