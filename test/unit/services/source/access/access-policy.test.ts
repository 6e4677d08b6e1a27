import { expect } from "chai";
import { accessPolicy } from "../../../../../services/source/access/access-policy.ts";

describe("what a policy means for a host", () => {
  it("is gentle and direct without one", () => {
    const policy = accessPolicy({});
    expect(policy.isAllowed("anything.example")).to.equal(true);
    expect(policy.of("anything.example", false)).to.deep.include({ name: "default", identities: [{ name: "direct" }], profile: undefined, concurrency: 8, requestsPerSec: 30, robots: "obey", readAhead: true });
    expect(policy.of("own.example", true)).to.deep.include({ name: "default", concurrency: 256, requestsPerSec: 2_000, robots: "ignore" });
  });

  it("comes from the first entry that matches: a name, and all below it", () => {
    const policy = accessPolicy({ hosts: [
      { match: ["media.example.org"], concurrency: 1 },
      { match: ["example.org", "[2606:4700::1111]", "93.184.216.34"], concurrency: 2 },
      { match: ["*"], concurrency: 3 },
    ] });
    const concurrency = (host: string): number => policy.of(host, false).concurrency;
    expect(["media.example.org", "a.media.example.org", "example.org", "b.example.org", "[2606:4700::1111]", "93.184.216.34"].map(concurrency)).to.deep.equal([1, 1, 2, 2, 2, 2]);
    expect(["badexample.org", "example.org.evil.test", "org", "216.34", "1.93.184.216.34"].map(concurrency)).to.deep.equal([3, 3, 3, 3, 3]);
    expect(policy.of("example.org", true)).to.include({ concurrency: 2, robots: "ignore" });
    expect([policy.of("b.example.org", false).name, policy.of("other.test", false).name]).to.deep.equal(["example.org", "default"]);
  });

  it("lets in what is allowed and not denied", () => {
    const shared = accessPolicy({ domains: { deny: ["bad.test"] }, tenants: { physics: { domains: { allow: ["phys.test", "bad.test"] } } } });
    expect(["phys.test", "a.phys.test", "other.test", "bad.test"].map((host) => shared.isAllowed(host, "physics"))).to.deep.equal([true, true, false, false]);
    expect([shared.isAllowed("other.test", "default"), shared.isAllowed("other.test"), shared.isAllowed("bad.test", "default")]).to.deep.equal([true, true, false]);
    const open = accessPolicy({ domains: { deny: ["bad.test"] } });
    expect(["good.test", "bad.test", "x.bad.test", "notbad.test"].map((host) => open.isAllowed(host))).to.deep.equal([true, false, false, true]);
    const closed = accessPolicy({ domains: { allow: ["school.test"], deny: ["old.school.test"] } });
    expect(["school.test", "v.school.test", "old.school.test", "a.old.school.test", "other.test"].map((host) => closed.isAllowed(host))).to.deep.equal([true, true, false, false, false]);
    expect(accessPolicy({ domains: { allow: [] } }).isAllowed("any.test")).to.equal(false);
  });

  it("takes only the ways out that its entry names", () => {
    const policy = accessPolicy({
      identities: [{ name: "direct" }, { name: "berlin", proxy: "socks5://127.0.0.1:1", region: "eu" }],
      profiles: { web: [{ "user-agent": "A" }] },
      hosts: [{ match: ["a.test"], identities: ["berlin"], profile: "web" }],
    });
    expect(policy.of("a.test", false).identities.map(({ name }) => name)).to.deep.equal(["berlin"]);
    expect(policy.of("a.test", false).profile).to.deep.equal([{ "user-agent": "A" }]);
    expect(policy.of("b.test", false).identities.map(({ name }) => name)).to.deep.equal(["direct", "berlin"]);
  });
});
