/** The Compose files, held against the specification's schema. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type AnySchema } from "ajv";
import { parse } from "yaml";

export interface ComposeService {
  image?: string; build?: string; user?: string; command?: string[]; environment?: Record<string, string | number>; ports?: string[]; stop_grace_period?: string;
  volumes?: string[]; configs?: { source: string; target: string }[]; depends_on?: Record<string, object>; healthcheck?: { test: string[] };
  networks?: Record<string, { aliases: string[] }>; read_only?: boolean; cap_drop?: string[];
}
export interface ComposeFile { services: Record<string, ComposeService>; volumes?: Record<string, unknown>; configs?: Record<string, { file?: string; content?: string }> }

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The linter brings the specification's schema along. */
const { $schema: _draft7, ...schema } = JSON.parse(readFileSync(new URL("schemas/compose.schema.json", import.meta.resolve("dclint/package.json")), "utf8")) as Record<string, unknown>;
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema as AnySchema);

/** Compose's own tags say how files are put together, which is nothing to the schema. */
export const readCompose = (path: string): ComposeFile => parse(readFileSync(join(ROOT, path), "utf8").replaceAll(/!(override|reset)\b/g, ""), { merge: true }) as ComposeFile;

export function composeFaults(file: ComposeFile): string[] {
  validate(file);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Paths of this repository that a file of it refers to; what `npm run keys` makes is not there. */
export function listReferences(path: string, { services, configs = {} }: ComposeFile): string[] {
  const from = dirname(path);
  const bound = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(":")[0] ?? "").filter((source) => source.startsWith(".")));
  const built = Object.values(services).flatMap(({ build }) => (build === undefined ? [] : [join(build, "Dockerfile")]));
  const configured = Object.values(configs).flatMap(({ file }) => (file === undefined ? [] : [file]));
  // Of several files the paths are those of the first, which lies above.
  return [...bound.map((source) => join(path.endsWith(".tls.yml") ? "." : from, source)), ...[...built, ...configured].map((name) => join(from, name))]
    .filter((name) => !name.startsWith(".lectern/"));
}

/** The environment of a node, with a value for what comes from outside. */
export function fillEnvironment({ environment = {} }: ComposeService, given: Readonly<Record<string, string>>): Record<string, string> {
  const fill = (value: string): string => value.replaceAll(/\$\{(\w+)(:[-?][^}]*)?\}/g, (_, name: string) => given[name] ?? "");
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fill(String(value))]));
}
