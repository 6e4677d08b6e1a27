import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { FileFaults } from "../../../../../config/checked-file.ts";
import { parsePolicy } from "../../../../../services/source/access/parse-policy.ts";

function faultsOf(text: string): readonly string[] {
  try {
    parsePolicy(text);
    return [];
  } catch (error) {
    if (error instanceof FileFaults) return error.faults;
    throw error;
  }
}

describe("a policy file", () => {
  it("is YAML or JSON, and may be empty", () => {
    expect(parsePolicy("")).to.deep.equal({});
    expect(parsePolicy("# nothing yet\n")).to.deep.equal({});
    expect(parsePolicy('{"contact": "https://school.example/videos"}')).to.deep.equal(parsePolicy("contact: https://school.example/videos"));
  });

  it("is as the example has it", async () => {
    const { hosts = [], identities = [] } = parsePolicy(await readFile(new URL("../../../../../deploy/source-policy.example.yaml", import.meta.url), "utf8"));
    expect(identities.length).to.be.above(1);
    expect(hosts.length).to.be.above(1);
  });

  it("has all of its faults named, with where they are", () => {
    expect(faultsOf("hosts: [{ match: [a.example], concurency: 2 }, { match: [], robots: maybe }]\nextra: 1")).to.deep.equal([
      'the policy must NOT have additional properties ("extra")',
      '/hosts/0 must NOT have additional properties ("concurency")',
      "/hosts/1/match must NOT have fewer than 1 items",
      "/hosts/1/robots must be equal to one of the allowed values (obey,ignore)",
    ]);
    expect(faultsOf("a: [")[0]).to.include("at line 1");
    expect(faultsOf("contact: a@b\ncontact: c@d")[0]).to.include("Map keys must be unique");
  });

  it("names only what is there", () => {
    expect(faultsOf("hosts: [{ match: [a.example], identities: [berlin], profile: web, quietHours: [night], thinkMs: [5, 1] }]")).to.deep.equal([
      'hosts: a.example: there is no identity "berlin"',
      'hosts: a.example: there is no profile "web"',
      'hosts: a.example: quietHours must be like "22:00-06:00 Europe/Berlin", not "night"',
      "hosts: a.example: thinkMs must go from the shortest to the longest",
    ]);
    expect(faultsOf("hosts: [{ match: ['*'], identities: [direct] }]")).to.deep.equal([]); // which is there unless others are
    expect(faultsOf("identities: [{ name: berlin }]\nhosts: [{ match: ['*'], identities: [direct] }]")).to.deep.equal(['hosts: *: there is no identity "direct"']);
  });

  it("has proxies of three kinds, each once", () => {
    for (const proxy of ["http://p.example:8080", "https://u:p@p.example", "socks5://10.0.0.1:1080", "socks5://[::1]:1080"]) expect(faultsOf(JSON.stringify({ identities: [{ name: "a", proxy }] })), proxy).to.deep.equal([]);
    for (const proxy of ["socks4://p.example", "p.example:80", "http://p.example/path", "file:///etc/passwd"]) expect(faultsOf(JSON.stringify({ identities: [{ name: "a", proxy }] })), proxy).to.have.length(1);
    expect(faultsOf("identities: [{ name: a }, { name: a }]")).to.deep.equal(['identities: "a" is there twice']);
  });

  it("sets no header that is ours, or that logs in", () => {
    expect(faultsOf("profiles: { web: [{ User-Agent: x, Cookie: session=1, authorization: Basic eA==, Range: bytes=0- }] }")).to.deep.equal([
      'profiles: "web" must not set Cookie', 'profiles: "web" must not set authorization', 'profiles: "web" must not set Range',
    ]);
    expect(faultsOf(JSON.stringify({ profiles: { web: [{ "X-A": "a\r\nX-B: b" }] } }))).to.have.length(1);
    expect(faultsOf(JSON.stringify({ profiles: { web: [{ "X A": "a" }] } }))).to.not.have.length(0);
  });
});
