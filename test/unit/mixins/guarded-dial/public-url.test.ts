import { expect } from "chai";
import * as fc from "fast-check";
import { findErrorCode } from "../../../../config/errors.ts";
import { AddressRefused } from "../../../../mixins/guarded-dial/refusal.ts";
import { formatHostPort, parseAllowedOrigins, parsePublicUrl } from "../../../../mixins/guarded-dial/public-url.ts";

const nothing = parseAllowedOrigins([]);

/** `ok`, `refused` or the code. */
function judge(text: string, allowed = nothing): string {
  try {
    parsePublicUrl(text, allowed);
    return "ok";
  } catch (error) {
    return error instanceof AddressRefused ? "refused" : (findErrorCode(error) ?? "unknown");
  }
}

describe("source URLs", () => {
  for (const [text, verdict] of [
    ["https://example.org/a.mp4", "ok"],
    ["http://example.org:443/a.mp4?x=1", "ok"],
    ["https://example.org:80/", "ok"],
    ["http://8.8.8.8/a.mp4", "ok"],
    ["http://[2606:4700::1111]/a.mp4", "ok"],
    ["HTTPS://EXAMPLE.ORG/a.mp4", "ok"],
    ["https://example.org./a.mp4", "ok"],
    ["https://bücher.example/a.mp4", "ok"],
    ["", "bad_url"],
    ["example.org/a.mp4", "bad_url"],
    ["ftp://example.org/a", "bad_url"],
    ["file:///etc/passwd", "bad_url"],
    ["data:video/mp4,x", "bad_url"],
    ["javascript:alert(1)", "bad_url"],
    ["http://", "bad_url"],
    ["http://user@example.org/", "bad_url"],
    ["http://user:password@example.org/", "bad_url"],
    ["http://example.org/\n", "bad_url"],
    ["http://exa\tmple.org/", "bad_url"],
    ["http://example.org/\u0000", "bad_url"],
    [`http://example.org/${"a".repeat(2048)}`, "bad_url"],
    ["http://256.256.256.256/", "bad_url"],
    ["http://[example.org]/", "bad_url"],
    ["http://example.org:99999/", "bad_url"],
    ["http://example.org:8080/", "refused"],
    ["http://example.org:22/", "refused"],
    ["http://localhost/", "refused"],
    ["http://localhost./", "refused"],
    ["http://LOCALHOST/", "refused"],
    ["http://a.localhost/", "refused"],
    ["http://printer.local/", "refused"],
    ["http://metadata.google.internal/", "refused"],
    ["http://1.0.0.127.in-addr.arpa/", "refused"],
    ["http://abc.onion/", "refused"],
    ["http://intranet/", "refused"],
    ["http://example.org../", "refused"],
    ["http://127.0.0.1/", "refused"],
    ["http://127.0.0.1./", "refused"],
    ["http://127.1/", "refused"],
    ["http://0/", "refused"],
    ["http://2130706433/", "refused"],
    ["http://0x7f.1/", "refused"],
    ["http://0177.0.0.1/", "refused"],
    ["http://①②⑦.⓪.⓪.①/", "refused"],
    ["http://127。0。0。1/", "refused"],
    ["http://%31%32%37.0.0.1/", "refused"],
    ["http://[::1]/", "refused"],
    ["http://[::ffff:7f00:1]/", "refused"],
    ["http://[64:ff9b::7f00:1]/", "refused"],
    ["http://[2002:7f00:1::]/", "refused"],
    ["http://169.254.169.254/latest/meta-data/", "refused"],
    ["http://168.63.129.16/", "refused"],
  ] as const) {
    it(`says ${verdict} to ${JSON.stringify(text).slice(0, 60)}`, () => expect(judge(text)).to.equal(verdict));
  }

  it("reads a backslash as the parser does, so that no other host hides behind it", () => {
    expect(parsePublicUrl("http://a.example\\@127.0.0.1/", nothing).hostname).to.equal("a.example");
  });

  it("drops the fragment and the root's dot, so that one file has one address", () => {
    expect(parsePublicUrl("https://Example.org.:443/a.mp4?b#t=10", nothing).href).to.equal("https://example.org/a.mp4?b");
  });

  it("refuses loopback in every notation an IPv4 address has", () => {
    const part = fc.integer({ min: 0, max: 255 });
    const notations = fc.constantFrom((n: number) => String(n), (n: number) => `0x${n.toString(16)}`, (n: number) => `0${n.toString(8)}`);
    fc.assert(fc.property(part, part, part, notations, notations, notations, notations, (b, c, d, f1, f2, f3, f4) => {
      const number = ((127 * 256 + b) * 256 + c) * 256 + d;
      for (const host of [[f1(127), f2(b), f3(c), f4(d)].join("."), [f1(127), f2(b), f3(c * 256 + d)].join("."), [f1(127), f2((b * 256 + c) * 256 + d)].join("."), f1(number)]) {
        expect(judge(`http://${host}/x`), host).to.equal("refused");
      }
    }));
  });

  it("gives only the canonical text on, which reads the same again", () => {
    fc.assert(fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
      fc.pre(judge(text) === "ok");
      const once = parsePublicUrl(text, nothing);
      expect(parsePublicUrl(once.href, nothing).href).to.equal(once.href);
    }));
  });

  it("never throws anything but a verdict", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }).map((text) => `http://${text}`)), (text) => {
      expect(judge(text)).to.be.oneOf(["ok", "refused", "bad_url"]);
    }));
  });

  describe("that an operator allowed", () => {
    const allowed = parseAllowedOrigins(["127.0.0.1:8080", "origin:80", "[::1]:9000", "files.internal:443"]);

    for (const [text, verdict] of [
      ["http://127.0.0.1:8080/a", "ok"],
      ["http://2130706433:8080/a", "ok"],
      ["http://origin/a", "ok"],
      ["http://[::1]:9000/", "ok"],
      ["http://[0:0::1]:9000/", "ok"],
      ["https://files.internal/a", "ok"],
      ["http://127.0.0.1:8081/a", "refused"],
      ["http://127.0.0.1/a", "refused"],
      ["http://127.0.0.2:8080/a", "refused"],
      ["http://localhost:8080/a", "refused"],
      ["https://origin/a", "refused"],
      ["http://files.internal/a", "refused"],
      ["http://user@127.0.0.1:8080/a", "bad_url"],
      ["ftp://127.0.0.1:8080/a", "bad_url"],
    ] as const) {
      it(`says ${verdict} to ${text}`, () => expect(judge(text, allowed)).to.equal(verdict));
    }
  });

  it("fills in the default port", () => {
    expect(formatHostPort(new URL("https://a.example/"))).to.equal("a.example:443");
    expect(formatHostPort(new URL("http://a.example/"))).to.equal("a.example:80");
    expect(formatHostPort(new URL("http://a.example:81/"))).to.equal("a.example:81");
  });
});
