/** One person's data at the prompt: what is kept of them, and its end. */
import { Readable } from "node:stream";
import { VIDEOS_CHOICES, type ErasureView, type PersonDocument } from "../../services/persons/persons.contract.ts";
import { formatColumns, plain } from "./columns.ts";
import type { PromptArgument, PromptCommand } from "./prompt-command.ts";

const PERSON: PromptArgument = { name: "person", pattern: "^(login:[^\\x00-\\x1f\\x7f]{1,1000}|key:[0-9a-f]{20}|p:[0-9a-f]{32})$", says: "login:<subject>, key:<id>, or a pseudonym of the audit log" };
const ORDER: PromptArgument = { name: "id", pattern: "^[0-9a-z]{26}$", says: "an order's id, as `erase-person` shows it" };
/** Of a document that comes over the mesh; a longer one is to be had from a gateway. */
const MAX_BYTES = 64 * 1024 * 1024;

export const PERSON_COMMANDS: Readonly<Record<string, PromptCommand>> = {
  person: {
    argument: PERSON, method: "GET", path: "/v1/persons/:person", action: "persons.export", does: "All that is kept of a person; --json for the whole document", waitMs: 120_000,
    read: readDocument,
    format(answer) {
      const { person, madeAt, parts } = answer as PersonDocument;
      return plain(`${person}, at ${madeAt}`) + "\n" + formatColumns(["part", "items", "what it is"], Object.entries(parts).map(([name, { about, items }]) => [name, String(items.length), about]));
    },
  },
  "erase-person": {
    argument: PERSON, method: "DELETE", path: "/v1/persons/:person", action: "persons.erase", does: "Erase all that is kept of a person but the audit log", waitMs: 120_000,
    options: { videos: `${VIDEOS_CHOICES.join(" or ")}: what becomes of the videos they posted; default: erase` }, inQuery: true,
    format: (answer) => progress(answer as ErasureView),
  },
  erasure: { argument: ORDER, method: "GET", path: "/v1/erasures/:id", action: "persons.erasure", does: "How far an order to erase a person is", format: (answer) => progress(answer as ErasureView) },
};

function progress(view: ErasureView): string {
  const counted = (counts: object): string => Object.entries(counts).map(([what, n]) => `${what} ${n}`).join(", ");
  if (view.status === "done") return plain(`Order ${view.id} is done since ${view.endedAt}: ${counted(view.erased)}.`);
  const { id, found, left } = view;
  return plain(`Order ${id} is under way${found === undefined ? "" : `: found ${counted(found)}`}${left === undefined ? "" : `; left ${counted(left)}`}. erasure ${id} says how far it is.`);
}

async function readDocument(answer: unknown): Promise<unknown> {
  if (!(answer instanceof Readable)) return answer;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_BYTES) throw new Error("The document is too long for the prompt: take it from a gateway, by npm run ctl.");
    chunks.push(bytes);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
