/** Pure: whom somebody asks about. */
import { fail } from "../../config/errors.ts";
import { personOf, type Pseudonyms } from "../../config/pseudonym.ts";

/** A log-in's subject is at most as long as the token that it came in. */
const LOGIN = /^login:[^\p{Cc}\p{Cs}]{1,1000}$/u;

/** @returns the person as `personOf` has it @throws bad_request, which does not repeat what it was given */
export function parsePerson(text: string, pseudonyms: Pick<Pseudonyms, "ofSubject">): string {
  const person = personOf(LOGIN.test(text) ? pseudonyms.ofSubject(text) : text);
  if (person === undefined) throw fail("bad_request", "A person is login:<subject>, key:<id>, or a pseudonym (p: and 32 hexadecimal digits).");
  return person;
}
