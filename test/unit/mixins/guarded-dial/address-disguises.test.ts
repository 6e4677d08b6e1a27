/** Addresses in every dress that a URL lets them wear: what is private stays refused, what is global stays itself. */
import { expect } from "chai";
import * as fc from "fast-check";
import { isGlobalAddress } from "../../../../mixins/guarded-dial/address-rules.ts";
import { AddressRefused } from "../../../../mixins/guarded-dial/refusal.ts";
import { parseAllowedOrigins, parsePublicUrl } from "../../../../mixins/guarded-dial/public-url.ts";

const nothing = parseAllowedOrigins([]);
const RUNS = { numRuns: 1_000 };

/** First address and prefix length, from IANA's registry and not from the code under test. */
const PRIVATE_V4: readonly (readonly [number, number])[] = [
  [0x00000000, 8], [0x0a000000, 8], [0x64400000, 10], [0x7f000000, 8], [0xa9fe0000, 16], [0xac100000, 12], [0xc0000000, 24], [0xc0000200, 24],
  [0xc0586300, 24], [0xc0a80000, 16], [0xc6120000, 15], [0xc6336400, 24], [0xcb007100, 24], [0xe0000000, 4], [0xf0000000, 4], [0xa83f8110, 32],
];
const isPrivateV4 = (n: number): boolean => PRIVATE_V4.some(([base, bits]) => n >= base && n < base + 2 ** (32 - bits));
const privateV4 = fc.constantFrom(...PRIVATE_V4).chain(([base, bits]) => fc.integer({ min: 0, max: 2 ** (32 - bits) - 1 }).map((offset) => base + offset));
const globalV4 = fc.integer({ min: 0, max: 2 ** 32 - 1 }).filter((n) => !isPrivateV4(n));
const dotted = (n: number): string => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join(".");

const notation = fc.constantFrom(
  (n: number) => String(n),
  (n: number) => `0${n.toString(8)}`,
  (n: number) => `0000${n.toString(8)}`,
  (n: number) => `0x${n.toString(16)}`,
  (n: number) => `0X${n.toString(16).toUpperCase()}`,
  (n: number) => `0x000${n.toString(16)}`,
);
/** Four parts or fewer, the last one taking up the bytes that are left. */
const numbers = (n: number, parts: number): number[] => [...[n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255].slice(0, parts - 1), n % 2 ** (8 * (5 - parts))];

/** Letters that IDNA's mapping (UTS 46) makes the plain one of. */
const shift = (base: number) => (char: string): string => (/\d/.test(char) ? String.fromCodePoint(base + Number(char)) : char);
const DOTS = [".", "\u3002", "\uff0e", "\uff61"];
const percent = (char: string): string => [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const dress = fc.constantFrom(
  (char: string) => char,
  shift(0xff10), // full width
  shift(0x1d7ce), // mathematical bold
  shift(0x1d7f6), // monospace
  (char: string) => ({ "0": "\u2070", "1": "\u00b9", "2": "\u00b2", "3": "\u00b3", x: "\uff58", a: "\u1d43", f: "\uff26" })[char] ?? char,
  (char: string) => (char === "0" ? "\u24ea" : /[1-9]/.test(char) ? String.fromCodePoint(0x2460 + Number(char) - 1) : char), // circled
  (char: string) => `${char}\u00ad`, // soft hyphens go
  (char: string) => percent(char),
  (char: string) => percent(char).toUpperCase(),
  (char: string) => percent(shift(0xff10)(char)),
);

/** An IPv4 address as the host of a URL. */
function disguised(address: fc.Arbitrary<number>): fc.Arbitrary<{ n: number; host: string }> {
  const form = fc.record({ n: address, parts: fc.integer({ min: 1, max: 4 }), notations: fc.array(notation, { minLength: 4, maxLength: 4 }), root: fc.boolean() });
  return form.chain(({ n, parts, notations, root }) => {
    const text = numbers(n, parts).map((part, i) => (notations[i] ?? String)(part)).join(".") + (root ? "." : "");
    const chars = [...text];
    const plain = fc.constant<((char: string) => string)[]>([]);
    return fc.tuple(fc.oneof(plain, fc.array(dress, { minLength: chars.length, maxLength: chars.length })), fc.constantFrom(...DOTS))
      .map(([dresses, dot]) => ({ n, host: chars.map((char, i) => (char === "." ? dot : (dresses[i] ?? String)(char))).join("") }));
  });
}

const word = fc.integer({ min: 0, max: 0xffff });
const high = (n: number): number => n >>> 16;
const low = (n: number): number => n & 0xffff;

/** All ways to write an IPv6 address that a URL takes: a run of zeros left out or not, padding, capitals, a dotted end. */
function spelled(words: fc.Arbitrary<number[]>): fc.Arbitrary<{ words: number[]; text: string }> {
  return fc.record({ words, dottedEnd: fc.boolean(), from: fc.nat(7), length: fc.integer({ min: 1, max: 8 }), pad: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 8 }), capitals: fc.boolean() })
    .map((form) => {
      const groups = form.words.map((value, i) => value.toString(16).padStart(form.pad[i] ?? 1, "0"));
      if (form.dottedEnd) groups.splice(6, 2, dotted((form.words[6] ?? 0) * 65_536 + (form.words[7] ?? 0)));
      const hidden = form.words.slice(form.from, form.from + form.length);
      const shortens = hidden.every((value) => value === 0) && form.from + hidden.length <= (form.dottedEnd ? 6 : 8);
      const text = shortens ? `${groups.slice(0, form.from).join(":")}::${groups.slice(form.from + hidden.length).join(":")}` : groups.join(":");
      return { words: form.words, text: form.capitals ? text.toUpperCase() : text };
    });
}

const carriers: Record<string, (n: number, filling: number[]) => number[]> = {
  "mapped ::ffff:0:0/96": (n) => [0, 0, 0, 0, 0, 0xffff, high(n), low(n)],
  "compatible ::/96": (n) => [0, 0, 0, 0, 0, 0, high(n), low(n)],
  "translated ::ffff:0:0:0/96": (n) => [0, 0, 0, 0, 0xffff, 0, high(n), low(n)],
  "NAT64 64:ff9b::/96": (n) => [0x64, 0xff9b, 0, 0, 0, 0, high(n), low(n)],
  // RFC 6052 2.2: bits 64 to 71 lie between the halves of the address.
  "local NAT64 64:ff9b:1::/48": (n) => [0x64, 0xff9b, 1, high(n), low(n) >> 8, (low(n) & 255) << 8, 0, 0],
  "local NAT64 64:ff9b:1::/96": (n, filling) => [0x64, 0xff9b, 1, filling[0] ?? 0, filling[1] ?? 0, filling[2] ?? 0, high(n), low(n)],
  "6to4 2002::/16": (n, filling) => [0x2002, high(n), low(n), ...filling.slice(0, 5)],
  "Teredo 2001::/32, server": (n, filling) => [0x2001, 0, high(n), low(n), ...filling.slice(0, 4)],
  "Teredo 2001::/32, client": (n, filling) => [0x2001, 0, ...filling.slice(0, 4), high(n) ^ 0xffff, low(n) ^ 0xffff],
};

/** The host as the parser reads it, or why it is refused. */
function judge(host: string): { host: string } | "refused" {
  try {
    return { host: parsePublicUrl(`http://${host}/a.mp4`, nothing).hostname };
  } catch (error) {
    if (error instanceof AddressRefused) return "refused";
    throw error;
  }
}

describe("addresses in disguise", () => {
  it("are refused when private, whatever they look like", () => {
    fc.assert(fc.property(disguised(privateV4), ({ n, host }) => {
      expect(judge(host), `${host} is ${dotted(n)}`).to.equal("refused");
    }), RUNS);
  });

  it("are seen through when global, so that nobody behind can read them in another way", () => {
    fc.assert(fc.property(disguised(globalV4), ({ n, host }) => {
      expect(judge(host), host).to.deep.equal({ host: dotted(n) });
    }), RUNS);
  });

  it("are no addresses to the rules until the parser has seen through them", () => {
    fc.assert(fc.property(disguised(fc.oneof(privateV4, globalV4)), ({ n, host }) => {
      if (host !== dotted(n)) expect(isGlobalAddress(host), host).to.equal(false);
    }), RUNS);
  });

  for (const [form, carry] of Object.entries(carriers)) {
    it(`are refused inside an IPv6 address, private or global: ${form}`, () => {
      const words = fc.tuple(fc.oneof(privateV4, globalV4), fc.array(word, { minLength: 8, maxLength: 8 })).map(([n, filling]) => carry(n, filling));
      fc.assert(fc.property(spelled(words), ({ text }) => {
        expect(judge(`[${text}]`), text).to.equal("refused");
        expect(isGlobalAddress(text), text).to.equal(false);
      }), RUNS);
    });
  }

  it("of IPv6 are refused exactly outside what IANA has given out, in every spelling", () => {
    const near = fc.constantFrom(0x1fff, 0x2000, 0x2001, 0x2002, 0x2003, 0x2606, 0x3ffe, 0x3fff, 0x4000, 0xfc00, 0xfe80, 0xff02);
    const second = fc.oneof(word, fc.constantFrom(0, 0x1ff, 0x200, 0xdb8, 0xfff, 0x1000));
    const zeros = fc.oneof(word, fc.constant(0));
    const address = fc.tuple(fc.oneof(word, near), second, fc.array(zeros, { minLength: 6, maxLength: 6 })).map(([first, next, rest]) => [first, next, ...rest]);
    fc.assert(fc.property(spelled(address), ({ words: [first = 0, next = 0], text }) => {
      const special = (first === 0x2001 && (next < 0x200 || next === 0xdb8)) || first === 0x2002 || (first === 0x3fff && next < 0x1000);
      const global = first >> 13 === 1 && !special;
      expect(judge(`[${text}]`) !== "refused", text).to.equal(global);
      expect(isGlobalAddress(text), text).to.equal(global);
    }), { numRuns: 3_000 });
  });
});
