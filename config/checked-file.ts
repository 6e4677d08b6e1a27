/** Files that an operator writes, read against a schema. Every fault is named, with where it is, so that one look mends them all. */
import { createRequire } from "node:module";
import type * as Ajv from "ajv/dist/2020.js";
import type { Options, ValidateFunction } from "ajv/dist/2020.js";
import type * as Yaml from "yaml";

/** For libraries that a node without such a file does not load: a tenth of the modules of its start. */
const load = createRequire(import.meta.url);

export class FileFaults extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("; "));
    this.name = "FileFaults";
    this.faults = faults;
  }
}

export interface FileForm {
  schema: object;
  /** Where the schema needs less than strictness. */
  options?: Options;
  /** What it is called where a fault lies in no part of it. */
  called: string;
}

const MAX_FAULTS = 20;

/**
 * @returns reads the file's text, which is YAML, of which JSON is a part; empty: nothing but defaults. `findFaults` sees
 * what no schema can say. Throws FileFaults. The schema is compiled for the first file that is read: that takes as long as
 * a tenth of a node's start.
 */
export function fileReader<Content>({ schema, options = {}, called }: FileForm): (text: string, findFaults: (content: Content) => readonly string[]) => Content {
  let validate: ValidateFunction<Content> | undefined;
  return (text, findFaults) => {
    const { parseDocument } = load("yaml") as typeof Yaml;
    const document = parseDocument(text, { uniqueKeys: true });
    refuse(document.errors.map(({ message }) => message));
    const content: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
    validate ??= compile<Content>(schema, options);
    if (!validate(content)) throw new FileFaults(describe(validate, called));
    refuse(findFaults(content));
    return content;
  };
}

function compile<Content>(schema: object, options: Options): ValidateFunction<Content> {
  const { Ajv2020 } = load("ajv/dist/2020.js") as typeof Ajv;
  return new Ajv2020({ allErrors: true, strict: true, ...options }).compile<Content>(schema);
}

function describe({ errors }: ValidateFunction, called: string): string[] {
  return (errors ?? []).slice(0, MAX_FAULTS).map(({ instancePath, message = "is wrong", params }) => {
    const what = "additionalProperty" in params ? ` ("${String(params["additionalProperty"])}")` : "allowedValues" in params ? ` (${String(params["allowedValues"])})` : "";
    return `${instancePath === "" ? called : instancePath} ${message}${what}`;
  });
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new FileFaults(faults.slice(0, MAX_FAULTS));
}
