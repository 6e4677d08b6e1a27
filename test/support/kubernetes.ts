/** Objects of `deploy/kubernetes`, held against the schemas of Kubernetes. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";

export interface KubernetesObject { apiVersion: string; kind: string; metadata: { name: string }; spec?: unknown }

const DIR = fileURLToPath(new URL("../../deploy/kubernetes/", import.meta.url));

export const readYaml = (file: string): unknown => parse(readFileSync(`${DIR}${file}`, "utf8"));
export const readText = (file: string): string => readFileSync(`${DIR}${file}`, "utf8");
export const listYaml = (): string[] => globSync("**/*.yaml", { cwd: DIR }).toSorted();

export function readObjects(files: readonly string[]): KubernetesObject[] {
  return files.flatMap((file) => parseAllDocuments(readText(file)).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join("; ")}`);
    return document.toJS() as KubernetesObject;
  }));
}

/** What is wrong with an object of Kubernetes' own, or of Prometheus' operator: against its schema, and fields that the schema does not know. */
export async function findFaults(object: KubernetesObject): Promise<string[]> {
  const models = await import(`${object.apiVersion.startsWith("monitoring.coreos.com/") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models"}/${object.apiVersion}`) as Record<string, { prototype: { validate(this: unknown): void } }>;
  const Model = models[object.kind];
  if (Model === undefined) return [`there is no ${object.kind} in ${object.apiVersion}`];
  const asked = new Set<string>();
  try {
    Model.prototype.validate.call(watch(object, "", asked)); // its constructor would copy, and so read, everything
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  // The schemas allow what they do not know; but what they know is looked at.
  return listFields(object, "").filter((path) => !asked.has(path)).map((path) => `${path} is no field`);
}

/** Notes which fields of `value` are read. */
function watch(value: unknown, path: string, asked: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name);
      if (typeof name === "symbol" || typeof own === "function") return own;
      asked.add(`${path}.${name}`);
      return watch(own, `${path}.${name}`, asked);
    },
  });
}

function listFields(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [`${path}.${name}`, ...listFields(part, `${path}.${name}`)]);
}
