import { fail } from "../../config/errors.ts";

/** The parameters of a URL's query. @throws bad_request for one that is not among `names`, and for one given twice */
export function parseQuery<Name extends string>(url: string, names: readonly Name[]): Partial<Record<Name, string>> {
  const values: Partial<Record<Name, string>> = {};
  for (const [given, value] of new URL(url, "http://query").searchParams) {
    const name = names.find((known) => known === given);
    if (name === undefined) throw fail("bad_request", `Unknown parameter ${JSON.stringify(given.slice(0, 40))}; there are ${names.join(", ")}.`);
    if (values[name] !== undefined) throw fail("bad_request", `${name} is given twice.`);
    values[name] = value;
  }
  return values;
}
