/** The rules that are shipped for Prometheus. */
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export interface AlertRule { alert: string; expr: string; for?: string; labels: { severity: string; [label: string]: string }; annotations: { summary: string; description: string; runbook_url: string } }
export interface RecordingRule { record: string; expr: string }
export type Rule = AlertRule | RecordingRule;
export interface RuleFile { groups: { name: string; interval?: string; rules: Rule[] }[] }

export const PROMETHEUS_DIR = fileURLToPath(new URL("../../deploy/prometheus/", import.meta.url));

/** By file name. */
export function readRuleFiles(): ReadonlyMap<string, RuleFile> {
  const paths = globSync(`${PROMETHEUS_DIR}rules/*.yml`).toSorted();
  return new Map(paths.map((path) => [basename(path), parse(readFileSync(path, "utf8")) as RuleFile]));
}

export const isAlert = (rule: Rule): rule is AlertRule => "alert" in rule;

export const listRules = (): Rule[] => [...readRuleFiles().values()].flatMap(({ groups }) => groups.flatMap(({ rules }) => rules));
export const listAlerts = (): AlertRule[] => listRules().filter(isAlert);

/** Names of the series that an expression reads: metrics and recorded ones. Labels, functions and words of the language are none. */
export function seriesOf(expr: string): string[] {
  const bare = expr.replace(/"(\\.|[^"\\])*"/g, "").replace(/\{[^}]*\}/g, "{}").replace(/\[[^\]]*\]/g, "")
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ");
  const names = [...bare.matchAll(/[a-zA-Z_:][\w:]*/g)].filter(({ index, 0: name }) => !/^\s*\(/.test(bare.slice(index + name.length)) && !/[\d.]$/.test(bare.slice(0, index))).map(([name]) => name);
  return [...new Set(names)].filter((name) => !WORDS.has(name));
}

const WORDS = new Set(["and", "or", "unless", "bool", "offset", "sum", "max", "min", "avg", "count", "topk", "bottomk", "group", "quantile", "by", "on", "without", "ignoring", "group_left", "group_right", "inf", "nan", "e"]);
