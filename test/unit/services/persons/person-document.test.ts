import { expect } from "chai";
import * as fc from "fast-check";
import { findErrorCode } from "../../../../config/errors.ts";
import { openPseudonyms } from "../../../../config/pseudonym.ts";
import type { CollectPorts } from "../../../../services/persons/collect.ts";
import { openPersonDocument } from "../../../../services/persons/person-document.ts";
import { parsePerson } from "../../../../services/persons/parse-person.ts";
import { PERSON_PARTS, type PersonDocument } from "../../../../services/persons/persons.contract.ts";
import type { KeyView } from "../../../../services/access/access.contract.ts";
import type { VideoView } from "../../../../services/videos/videos.contract.ts";
import { rejection } from "../../../support/rejection.ts";

const PERSON = `p:${"a".repeat(32)}`;
const AT = "2026-11-26T08:00:00.000Z";
interface Has { keys: number; videos: number; uploads: number; records: number; shares: number; reviews: number }

/** `read` counts what was taken from the log. */
function ports({ keys, videos, uploads, records, shares, reviews }: Has): CollectPorts & { read: number } {
  const done = (action: string, n: number, target: object) => ({ chain: "c", seq: n, at: AT, node: "n", type: "done", action, result: "ok", who: { subject: PERSON }, target: { video: `v${n}`, ...target } });
  const made: CollectPorts & { read: number } = {
    read: 0, linkMaxSec: 60, now: () => Date.parse(AT),
    keys: async () => Array.from({ length: keys }, (_, n) => ({ id: `k${n}`, name: "quoted \"name\"\n", roles: [], createdAt: AT, createdBy: PERSON }) satisfies KeyView),
    async* posted() { for (let n = 0; n < videos; n++) yield { tenant: "physics", id: `v${n}` }; },
    async* sent() { for (let n = 0; n < uploads; n++) yield { tenant: "physics", id: `u${n}` }; },
    findVideo: async (id) => (id === "v1" ? undefined : { id, title: "]}{" } as VideoView),
    findUpload: async (uploadId) => ({ uploadId, size: 1, createdAt: AT }),
    findReview: async () => ({ verdict: "block", at: AT, by: PERSON, note: "seen" }),
    async* records() {
      const all = [...Array.from({ length: records }, (_, n) => done("videos.submit", n, {})), ...Array.from({ length: shares }, (_, n) => done("videos.share", n, { link: `l${n}` })), ...Array.from({ length: reviews }, (_, n) => done("screening.decide", n, {}))];
      for (const record of all) {
        made.read++;
        yield record;
      }
    },
  };
  return made;
}

describe("a person's document", () => {
  it("is one JSON document with every part, whatever there is of them", async () => {
    const few = fc.integer({ min: 0, max: 3 });
    await fc.assert(fc.asyncProperty(fc.record({ keys: few, videos: few, uploads: few, records: few, shares: few, reviews: few }), async (has) => {
      fc.pre(Object.values(has).some((n) => n > 0));
      let text = "";
      for await (const bit of await openPersonDocument({ person: PERSON, tenant: "physics" }, ports(has))) text += bit;
      const { parts, ...head } = JSON.parse(text) as PersonDocument;
      expect(head).to.deep.equal({ format: "lectern-person", version: 1, person: PERSON, tenant: "physics", madeAt: AT });
      expect(Object.keys(parts)).to.deep.equal([...PERSON_PARTS]);
      expect(PERSON_PARTS.map((part) => parts[part].items.length)).to.deep.equal([has.keys, has.videos > 1 ? has.videos - 1 : has.videos, has.uploads, has.records + has.shares + has.reviews, has.shares, has.reviews]);
      for (const part of Object.values(parts)) expect([part.about, part.from].every((words) => words.length > 10)).to.equal(true);
    }));
  });

  it("says what was decided, and of links those that may still be good", async () => {
    let text = "";
    for await (const bit of await openPersonDocument({ person: PERSON, tenant: undefined }, ports({ keys: 0, videos: 0, uploads: 0, records: 0, shares: 1, reviews: 1 }))) text += bit;
    const { parts } = JSON.parse(text) as PersonDocument;
    expect(parts.links.items).to.deep.equal([{ videoId: "v0", linkId: "l0", madeAt: AT }]);
    expect(parts.reviews.items).to.deep.equal([{ videoId: "v0", verdict: "block", at: AT, note: "seen" }]);
    const late = { ...ports({ keys: 0, videos: 0, uploads: 0, records: 0, shares: 1, reviews: 0 }), now: () => Date.parse(AT) + 61_000 };
    text = "";
    for await (const bit of await openPersonDocument({ person: PERSON, tenant: undefined }, late)) text += bit;
    expect((JSON.parse(text) as PersonDocument).parts.links.items).to.deep.equal([]);
  });

  it("is read as it is taken, and of nobody is none", async () => {
    const long = ports({ keys: 0, videos: 1, uploads: 0, records: 100_000, shares: 0, reviews: 0 });
    const document = await openPersonDocument({ person: PERSON, tenant: undefined }, long);
    for (let n = 0; n < 5; n++) await document.next();
    expect(long.read).to.be.lessThan(5);
    expect(findErrorCode(await rejection(openPersonDocument({ person: PERSON, tenant: undefined }, ports({ keys: 0, videos: 0, uploads: 0, records: 0, shares: 0, reviews: 0 })), "it"))).to.equal("person_not_found");
  });
});

describe("a person's name", () => {
  const pseudonyms = openPseudonyms("a secret of thirty-two characters", "test");

  it("is a log-in, a key, or a pseudonym", () => {
    expect(parsePerson("login:anna muster@école/π", pseudonyms)).to.equal(pseudonyms.ofSubject("login:anna muster@école/π")).and.match(/^p:/);
    expect(parsePerson(PERSON, pseudonyms)).to.equal(PERSON);
    expect(parsePerson(`key:${"0".repeat(20)}`, pseudonyms)).to.equal(`key:${"0".repeat(20)}`);
  });

  it("is nothing else, and no refusal repeats it", async () => {
    for (const text of ["", "login:", "login:\u0000", "login:a\nb", `login:${"a".repeat(1_001)}`, "admin", "node", "anybody", "key:../../x", "p:", `p:${"A".repeat(32)}`, `${PERSON}/videos`, `${PERSON}\n`]) {
      const refusal = await rejection(Promise.resolve().then(() => parsePerson(text, pseudonyms)), text);
      expect(findErrorCode(refusal), text).to.equal("bad_request");
    }
    fc.assert(fc.property(fc.string({ unit: "binary", minLength: 12 }), (text) => {
      try {
        expect(parsePerson(text, pseudonyms)).to.match(/^(p:[0-9a-f]{32}|key:[0-9a-f]{20})$/);
      } catch (error) {
        expect(String(error)).to.not.include(text);
      }
    }));
  });
});
