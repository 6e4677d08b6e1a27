/** The document that a person is given, as text, bit by bit. */
import { fail } from "../../config/errors.ts";
import { collectPerson, isKept, type CollectPorts, type Whom } from "./collect.ts";
import { PERSON_FORMAT, PERSON_PARTS, PERSON_VERSION, type PersonPart } from "./persons.contract.ts";

const PARTS: Readonly<Record<PersonPart, { about: string; from: string }>> = {
  keys: { about: "API keys of the person, and those that they made. Of a key itself only a hash is kept, which is not here.", from: "records of the service access" },
  videos: { about: "Videos that the person posted, also where somebody had posted the same source. Addresses are without user names and query.", from: "records of the service videos, found by marks that are made with each post" },
  uploads: { about: "Files that the person sent, finished or under way.", from: "records of the service source, found by marks that are made with each upload" },
  audit: { about: "What the person did, and what was done about them. `from` is a pseudonym of an address.", from: "this region's audit log, for as long as it is kept" },
  links: { about: "Links to private videos that the person handed out and that may still be good. Links themselves are kept nowhere.", from: "this region's audit log" },
  reviews: { about: "What the person decided about videos that were screened.", from: "records of the service videos, found by this region's audit log" },
};

/** @throws person_not_found before it gives anything, when there is nothing to give */
export async function openPersonDocument(whom: Whom, ports: CollectPorts): Promise<AsyncGenerator<string>> {
  if (!(await isKept(whom, ports))) throw fail("person_not_found", "Nothing is kept of this person.");
  return format(whom, new Date(ports.now()).toISOString(), collectPerson(whom, ports));
}

async function* format({ person, tenant }: Whom, madeAt: string, pieces: AsyncIterable<{ part: PersonPart; item: unknown }>): AsyncGenerator<string> {
  const head = JSON.stringify({ format: PERSON_FORMAT, version: PERSON_VERSION, person, ...(tenant === undefined ? {} : { tenant }), madeAt });
  yield `${head.slice(0, -1)},"parts":{`;
  let begun = 0;
  let isFirst = true;
  /** Ends the parts before this one, also those that have nothing. */
  const begin = (upTo: number): string => {
    let text = "";
    for (const name of PERSON_PARTS.slice(begun, upTo)) {
      text += `${begun++ === 0 ? "" : "]},"}\n${JSON.stringify(name)}:${JSON.stringify(PARTS[name]).slice(0, -1)},"items":[`;
      isFirst = true;
    }
    return text;
  };
  for await (const { part, item } of pieces) {
    yield `${begin(PERSON_PARTS.indexOf(part) + 1)}${isFirst ? "" : ","}\n${JSON.stringify(item)}`;
    isFirst = false;
  }
  yield `${begin(PERSON_PARTS.length)}]}}}\n`;
}
