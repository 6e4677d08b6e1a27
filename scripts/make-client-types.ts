/** Writes the types of the TypeScript client from the OpenAPI document. Without an argument to the standard output; with one to that file. */
import { writeFile } from "node:fs/promises";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { openApiDocument } from "../services/gateway/openapi.ts";

const HEAD = "// Made from the OpenAPI document by scripts/make-client-types.ts. Change that, not this.\n";
/** What the package calls the whole, of which nothing is needed but the parts. */
const WHOLE = "EverySchema";

export async function makeClientTypes(): Promise<string> {
  const { components } = openApiDocument() as { components: { schemas: Readonly<Record<string, object>> } };
  const definitions = JSON.parse(JSON.stringify(components.schemas).replaceAll("#/components/schemas/", "#/definitions/")) as Record<string, JSONSchema>;
  const properties = Object.fromEntries(Object.keys(definitions).map((name) => [name, { $ref: `#/definitions/${name}` }]));
  const text = await compile({ title: WHOLE, type: "object", additionalProperties: false, properties, definitions }, WHOLE, {
    bannerComment: HEAD, additionalProperties: false, declareExternallyReferenced: true, style: { printWidth: 160 }, ignoreMinAndMaxItems: true,
  });
  return text.replace(new RegExp(`export interface ${WHOLE} \\{[^}]*\\}\\n`), "");
}

if (import.meta.main) {
  const file = process.argv[2];
  const text = await makeClientTypes();
  if (file === undefined) process.stdout.write(text);
  else await writeFile(file, text);
}
