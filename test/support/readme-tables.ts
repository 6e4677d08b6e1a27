/**
 * The README's tables of settings and errors, made from the tables in the code, and read back from the README. Run as
 * a program it prints both, to be pasted.
 */
import { ERRORS } from "../../config/errors.ts";
import { SETTINGS, type Setting } from "../../config/settings.ts";

export type Row = readonly string[];

/** Defaults that differ from machine to machine, as the README says them. */
const COMPUTED: Readonly<Record<string, string>> = { slots: "one per core" };

export function settingRows(): Row[] {
  return Object.entries(SETTINGS).map(([name, setting]: [string, Setting]) => {
    const fallback = setting.fallback === undefined || setting.fallback === "" ? "–" : `\`${setting.fallback}\``;
    return [`\`${setting.env}\``, COMPUTED[name] ?? fallback, setting.meaning];
  });
}

export function errorRows(): Row[] {
  return Object.entries(ERRORS).map(([code, { status, meaning }]) => [`\`${code}\``, String(status), meaning]);
}

export function formatTable(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

export const formatSettings = (): string => formatTable(["setting", "default", "meaning"], settingRows());
export const formatErrors = (): string => formatTable(["code", "status", "meaning"], errorRows());

/** The rows, without the head, of the first table below the heading `title`. @throws Error when there is none */
export function parseTable(markdown: string, title: string): Row[] {
  const lines = markdown.split("\n");
  const heading = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ +/, "").trim() === title);
  if (heading === -1) throw new Error(`there is no section "${title}"`);
  const body = lines.slice(heading + 1);
  const nextHeading = body.findIndex((line) => /^#+ /.test(line));
  const section = nextHeading === -1 ? body : body.slice(0, nextHeading);
  const start = section.findIndex((line) => line.startsWith("|"));
  if (start === -1) throw new Error(`the section "${title}" has no table`);
  const table = section.slice(start);
  const end = table.findIndex((line) => !line.startsWith("|"));
  return table.slice(2, end === -1 ? undefined : end).map(parseRow);
}

function parseRow(line: string): Row {
  const cells = line.trim().split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

if (import.meta.main) console.log(`${formatSettings()}\n${formatErrors()}`);
