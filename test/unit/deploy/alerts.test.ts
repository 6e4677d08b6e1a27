/** The shipped alerts, by Prometheus' own tools: that they fire on their fault, are silent in health, and resolve. */
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { isAlert, listAlerts, PROMETHEUS_DIR, readRuleFiles } from "../../support/alert-rules.ts";
import { makeTempDir, removeDir, runProcess } from "../../support/processes.ts";

interface Staged { eval_time: string; alertname: string; exp_alerts: { exp_labels: Record<string, string> }[] }
interface StagedFile { tests: { name: string; alert_rule_test: Staged[] }[] }

const STAGED = globSync(fileURLToPath(new URL("alerts/*.yml", import.meta.url))).toSorted();
const UNIT_MIN: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 };
const minutes = (time: string): number => Number.parseInt(time, 10) * (UNIT_MIN[time.at(-1) ?? ""] ?? NaN);
const alerts = listAlerts();
const staged = STAGED.flatMap((path) => (parse(readFileSync(path, "utf8")) as StagedFile).tests);
const stagesOf = (name: string): Staged[][] => staged.map((test) => test.alert_rule_test.filter(({ alertname }) => alertname === name).toSorted((a, b) => minutes(a.eval_time) - minutes(b.eval_time)));

describe("alerts", function () {
  this.timeout(60_000);

  it("are rules and configurations that Prometheus and Alertmanager take", async () => {
    await runProcess("promtool", ["check", "rules", ...globSync(`${PROMETHEUS_DIR}rules/*.yml`)]);
    await runProcess("promtool", ["check", "config", ...globSync(`${PROMETHEUS_DIR}prometheus*.yml`)]);
    await runProcess("amtool", ["check-config", `${PROMETHEUS_DIR}alertmanager.yml`]);
  });

  it("fire on their fault and on no other's, and stop with it", async () => {
    const dir = await makeTempDir("alerts");
    try {
      mkdirSync(join(dir, "rules"));
      for (const [name, { groups }] of readRuleFiles()) {
        const bare = groups.map((group) => ({ ...group, rules: group.rules.map((rule) => (isAlert(rule) ? { ...rule, annotations: {} } : rule)) }));
        writeFileSync(join(dir, "rules", name), stringify({ groups: bare }));
      }
      for (const path of STAGED) copyFileSync(path, join(dir, basename(path)));
      await runProcess("promtool", ["test", "rules", ...STAGED.map((path) => join(dir, basename(path)))]);
    } finally {
      await removeDir(dir);
    }
  });

  it("are each staged: well, at fault, and well again", () => {
    const unstaged = alerts.filter(({ alert }) => !stagesOf(alert).some((stages) => {
      const fired = stages.map(({ exp_alerts: expected }) => expected.length > 0);
      return fired.includes(true) && fired[0] === false && fired.at(-1) === false;
    }));
    expect(unstaged.map(({ alert }) => alert)).to.deep.equal([]);
  });

  it("name in their texts only labels that they have when they fire", () => {
    for (const { alert, annotations } of alerts) {
      const named = [...Object.values(annotations).join(" ").matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
      for (const { exp_labels: labels } of stagesOf(alert).flat().flatMap(({ exp_alerts: expected }) => expected)) expect(Object.keys(labels), alert).to.include.members(named);
    }
  });

  it("say whom they wake, what learners notice, and where to read what to do", () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(alert).to.match(/^Lectern[A-Z]/);
      expect(labels.severity, alert).to.be.oneOf(["page", "ticket"]);
      expect(annotations.summary.length, alert).to.be.within(20, 160);
      expect(annotations.description.length, alert).to.be.within(60, 400);
      expect(annotations.runbook_url.split("#")[1], alert).to.equal(alert.toLowerCase());
    }
    expect(new Set(alerts.map(({ alert }) => alert)).size).to.equal(alerts.length);
  });
});
