/** The Dockerfile, read by the parser that editors use. */
import { readFileSync } from "node:fs";
import { DockerfileParser, type PropertyInstruction } from "dockerfile-ast";

const ROOT = new URL("../../", import.meta.url);

/** `words` are the arguments as a shell has them, or, of a JSON form, its strings; `flags` by their name. */
export interface Instruction { name: string; text: string; words: string[]; flags: Record<string, string> }
export interface Stage { from: string; as: string | undefined; instructions: Instruction[] }

export function readStages(text = readFileSync(new URL("Dockerfile", ROOT), "utf8")): Stage[] {
  const stages: Stage[] = [];
  for (const parsed of DockerfileParser.parse(text).getInstructions()) {
    const flags = "getFlags" in parsed ? (parsed.getFlags as () => { getName(): string; getValue(): string | null }[])() : [];
    const content = parsed.getArgumentsContent() ?? "";
    const json = /\[.*\]$/s.exec(content)?.[0];
    const words = json !== undefined && ["CMD", "ENTRYPOINT", "HEALTHCHECK"].includes(parsed.getKeyword()) ? JSON.parse(json) as string[] : parsed.getArguments().map((argument) => argument.getValue());
    const instruction: Instruction = { name: parsed.getKeyword(), text: content.replace(/\\\n/g, " "), words, flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ""])) };
    if (instruction.name === "FROM") stages.push({ from: words[0] ?? "", as: words[2], instructions: [] });
    else {
      if ("getProperties" in parsed) instruction.words = (parsed as PropertyInstruction).getProperties().map((property) => `${property.getName()}=${property.getValue() ?? ""}`);
      stages.at(-1)?.instructions.push(instruction);
    }
  }
  return stages;
}

/** The last of a stage. @throws Error when there is none */
export function getInstruction(stage: Stage | undefined, name: string): Instruction {
  const found = stage?.instructions.findLast((instruction) => instruction.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

export const readEnvironment = (stage: Stage | undefined): Record<string, string> =>
  Object.fromEntries(getInstruction(stage, "ENV").words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));

/** What `COPY . .` takes: `.dockerignore` refuses all and then names what is let through. */
export function readContext(): string[] {
  const [refused, ...allowed] = readFileSync(new URL(".dockerignore", ROOT), "utf8").trim().split("\n");
  if (refused !== "*" || allowed.some((line) => !/^![\w.-]+$/.test(line))) throw new Error(".dockerignore is of another form");
  return allowed.map((line) => line.slice(1));
}
