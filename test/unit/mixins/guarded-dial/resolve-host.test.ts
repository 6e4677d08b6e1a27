import { expect } from "chai";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { findErrorCode } from "../../../../config/errors.ts";
import { checkSource } from "../../../../services/source/access/check-source.ts";
import { ORIGIN_LIMITS } from "../../../../services/source/origin/origin-limits.ts";
import { openOrigin } from "../../../../services/source/origin/origin.ts";
import { findAddressRefused } from "../../../../mixins/guarded-dial/refusal.ts";
import { dnsResolver, resolveGlobal } from "../../../../mixins/guarded-dial/resolve-host.ts";
import { parseAllowedOrigins } from "../../../../mixins/guarded-dial/public-url.ts";
import { addressesFor, NO_SUCH_NAME, startDnsStub, type DnsStub, type Question, type Said } from "../../../support/dns-stub.ts";
import { rejection } from "../../../support/rejection.ts";
import { SILENT_METER } from "../../../../services/source/source-meter.ts";
import { startOrigin } from "../../../support/test-origin.ts";

const SERVFAIL = 2;
const REFUSED = 5;
const nothing = parseAllowedOrigins([]);

describe("names that a name server answers for", () => {
  let dns: DnsStub;
  let say: (question: Question, before: number) => Said;

  beforeEach(async () => { dns = await startDnsStub((question, before) => say(question, before)); });
  afterEach(() => dns.stop());

  const resolver = (deadlineMs = 5_000) => dnsResolver(deadlineMs, [dns.server]);
  const refusalOf = async (host: string): Promise<string | undefined> => {
    const error = await rejection(resolveGlobal(host, resolver()), host);
    return findAddressRefused(error)?.message;
  };
  const always = (...addresses: string[]): void => { say = (question) => addressesFor(question, addresses); };

  it("are found with all their addresses, of both kinds", async () => {
    always("93.184.216.34", "2606:4700::1111", "1.1.1.1");
    expect(await resolveGlobal("lectures.example", resolver())).to.have.members(["93.184.216.34", "1.1.1.1", "2606:4700::1111"]);
    expect(dns.questions.map(({ type }) => type)).to.have.members(["A", "AAAA"]);
  });

  it("are taken at the one kind of address that is answered", async () => {
    for (const failure of [SERVFAIL, "silence"] as const) {
      for (const failing of ["A", "AAAA"]) {
        say = (question) => (question.type === failing ? failure : addressesFor(question, ["93.184.216.34", "2606:4700::1111"]));
        expect(await resolveGlobal("half.example", resolver(60_000))).to.deep.equal([failing === "A" ? "2606:4700::1111" : "93.184.216.34"]);
      }
    }
  });

  it("are refused with one private address among global ones, in any place and of any kind", async () => {
    for (const bad of ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254"]) {
      for (const addresses of [[bad, "93.184.216.34", "2606:4700::1111"], ["93.184.216.34", "2606:4700::1111", bad]]) {
        always(...addresses);
        expect(await refusalOf("split.example"), addresses.join()).to.equal(`split.example has the address ${bad}`);
      }
    }
  });

  it("are refused when an alias of an alias is private", async () => {
    say = ({ name, type }) => [
      { name, type: "CNAME", ttl: 0, data: "cdn.example" },
      { name: "cdn.example", type: "CNAME", ttl: 0, data: "inside.example" },
      ...addressesFor({ name: "inside.example", type }, ["192.168.1.1"]),
    ];
    expect(await refusalOf("alias.example")).to.equal("alias.example has the address 192.168.1.1");
  });

  it("are refused when an alias leads nowhere or round in a circle", async () => {
    say = ({ name }) => [{ name, type: "CNAME", ttl: 0, data: "localhost" }];
    expect(await refusalOf("alias.example")).to.equal("alias.example has no address");
    say = ({ name }) => [{ name, type: "CNAME", ttl: 0, data: "b.example" }, { name: "b.example", type: "CNAME", ttl: 0, data: name }];
    expect(await refusalOf("circle.example")).to.equal("circle.example has no address");
  });

  for (const [form, address] of [
    ["mapped", "::ffff:127.0.0.1"], ["mapped metadata", "::ffff:169.254.169.254"], ["mapped global", "::ffff:93.184.216.34"], ["compatible", "::127.0.0.1"],
    ["NAT64", "64:ff9b::7f00:1"], ["local NAT64", "64:ff9b:1::7f00:1"], ["6to4", "2002:7f00:1::1"], ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ["translated", "::ffff:0:127.0.0.1"], ["loopback", "::1"], ["unspecified", "::"], ["link-local", "fe80::1"], ["unique local", "fc00::1"],
  ] as const) {
    it(`are refused with a ${form} IPv6 address`, async () => {
      always(address);
      expect(await refusalOf("six.example")).to.match(/^six\.example has the address [0-9a-f:.]+$/);
    });
  }

  it("are refused, not looked for elsewhere, when they do not exist", async () => {
    say = () => NO_SUCH_NAME;
    expect(await refusalOf("gone.example")).to.equal("gone.example has no address");
    say = () => [];
    expect(await refusalOf("bare.example")).to.equal("bare.example has no address");
  });

  it("fail when no server has an answer, which is no permission", async () => {
    for (const code of [SERVFAIL, REFUSED]) {
      say = () => code;
      const error = await rejection(resolveGlobal("broken.example", resolver()), String(code));
      expect(findAddressRefused(error)).to.equal(undefined);
      expect(findErrorCode(await rejection(checkSource(new URL("http://broken.example/"), nothing, resolver(), () => undefined), String(code)))).to.equal("source_refused");
    }
  });

  it("fail by the deadline when the server is silent, or is so about all but one kind without addresses", async () => {
    say = () => "silence";
    await rejection(resolveGlobal("silent.example", resolver(200)), "silent");
    say = ({ type }) => (type === "A" ? "silence" : []);
    await rejection(resolveGlobal("silent.example", resolver(200)), "silent about A");
  });

  it("fail by the deadline when there are more silent servers than can be asked until then", async () => {
    const servers = await Promise.all(Array.from({ length: 12 }, () => startDnsStub(() => "silence")));
    try {
      await rejection(resolveGlobal("silent.example", dnsResolver(200, servers.map(({ server }) => server))), "silent");
      expect(servers.filter(({ questions }) => questions.length > 0)).to.have.length.below(servers.length);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });

  it("with thousands of addresses have every one checked, and a few dialled", async () => {
    const many = Array.from({ length: 2_000 }, (_, n) => `93.184.${n >> 8}.${n & 255}`);
    always(...many);
    const found = await resolveGlobal("many.example", resolver());
    expect(found).to.have.length(16);
    expect(many).to.include.members(found);
    always(...many, "127.0.0.1");
    expect(await refusalOf("many.example")).to.equal("many.example has the address 127.0.0.1");
  });

  describe("and that point home", () => {
    let home: Server;
    let reached: number;
    let port: number;

    beforeEach(async () => {
      reached = 0;
      home = createServer((socket) => {
        reached += 1;
        socket.destroy();
      }).listen(0); // every address of this machine, IPv6 too
      await once(home, "listening");
      port = (home.address() as AddressInfo).port;
    });
    afterEach(async () => {
      home.close();
      await once(home, "close");
    });

    /** Asks `url` as a fetch would, through the real connector. */
    async function fetchRefusal(url: string, allowed = nothing): Promise<string | undefined> {
      const origin = openOrigin({ allowed, resolve: resolver(), limits: ORIGIN_LIMITS, meter: SILENT_METER });
      try {
        const error = await rejection(origin.get({ url: new URL(url) }, { start: 0, end: 10 }, {}, new AbortController().signal), url);
        return findAddressRefused(error)?.message;
      } finally {
        await origin.close();
      }
    }

    for (const later of ["127.0.0.1", "0.0.0.0", "169.254.169.254", "::1", "::ffff:127.0.0.1"]) {
      it(`only once they have been checked are not dialled: ${later}`, async () => {
        say = (question, before) => addressesFor(question, [before === 0 ? (later.includes(":") ? "2606:4700::1111" : "93.184.216.34") : later]);
        await checkSource(new URL("http://rebind.example/"), nothing, resolver(), () => undefined);
        for (const scheme of ["http", "https"]) {
          expect(await fetchRefusal(`${scheme}://rebind.example:${port}/`)).to.match(/^rebind\.example has the address /);
        }
        expect(dns.questions.filter(({ type }) => type === "A")).to.have.length(3);
        expect(reached).to.equal(0);
      });
    }

    it("are not dialled where a good origin redirects to them", async () => {
      const hop = await startOrigin();
      try {
        always("127.0.0.1");
        hop.behave("/hop", { redirectTo: "http://inside.example/" });
        expect(await fetchRefusal(`${hop.url}/hop`, parseAllowedOrigins([hop.hostPort]))).to.equal("inside.example has the address 127.0.0.1");
      } finally {
        await hop.stop();
      }
    });

    it("are not dialled by an operator's leave for the address they have", async () => {
      always("127.0.0.1");
      expect(await fetchRefusal(`http://inside.example:${port}/`, parseAllowedOrigins([`127.0.0.1:${port}`]))).to.equal("inside.example has the address 127.0.0.1");
      expect(reached).to.equal(0);
    });
  });
});
