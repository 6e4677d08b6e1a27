import { expect } from "chai";
import { ORIGIN_LIMITS } from "../../../../services/source/origin/origin-limits.ts";
import { openOrigin, type Origin } from "../../../../services/source/origin/origin.ts";
import { userAgent } from "../../../../services/source/origin/polite-client.ts";
import { findAddressRefused } from "../../../../mixins/guarded-dial/refusal.ts";
import type { ResolveHost } from "../../../../mixins/guarded-dial/resolve-host.ts";
import { resolveGlobal } from "../../../../mixins/guarded-dial/resolve-host.ts";
import { SILENT_METER } from "../../../../services/source/source-meter.ts";
import { parseAllowedOrigins } from "../../../../mixins/guarded-dial/public-url.ts";
import { startOrigin, type TestOrigin } from "../../../support/test-origin.ts";

describe("guarded connector", () => {
  let served: TestOrigin;
  let origin: Origin;
  const signal = new AbortController().signal;

  const openWith = (resolve: ResolveHost, allowed: string[] = []): void => {
    origin = openOrigin({ allowed: parseAllowedOrigins(allowed), resolve, limits: ORIGIN_LIMITS, meter: SILENT_METER });
  };
  const get = (url: string) => origin.get({ url: new URL(url) }, { start: 0, end: 10 }, {}, signal);
  const failureOf = async (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);
  const portOf = (): string => new URL(served.url).port;

  beforeEach(async () => { served = await startOrigin({ files: { "/a": Buffer.alloc(100) } }); });
  afterEach(async () => {
    await origin.close();
    await served.stop();
  });

  it("does not dial a name that pointed to the world when it was checked and points home when it is dialled", async () => {
    const answers = [["93.184.216.34"], ["127.0.0.1"]];
    const resolve: ResolveHost = async () => answers.shift() ?? ["127.0.0.1"];
    await resolveGlobal("rebind.example", resolve); // the check at submission
    openWith(resolve);
    const error = await failureOf(get(`http://rebind.example:${portOf()}/a`));
    expect(findAddressRefused(error)?.message).to.equal("rebind.example has the address 127.0.0.1");
    expect(served.stats.connections).to.equal(0);
  });

  it("refuses a name with one private address among public ones", async () => {
    openWith(async () => ["93.184.216.34", "2606:4700::1111", "10.0.0.1"]);
    expect(findAddressRefused(await failureOf(get(`http://split.example:${portOf()}/a`)))).to.not.equal(undefined);
  });

  it("refuses a name without addresses", async () => {
    openWith(async () => []);
    expect(findAddressRefused(await failureOf(get("http://gone.example/a")))?.message).to.equal("gone.example has no address");
  });

  it("refuses literal addresses, which no resolver is asked about", async () => {
    openWith(async () => { throw new Error("asked"); });
    for (const host of ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]) {
      expect(findAddressRefused(await failureOf(get(`http://${host}:${portOf()}/a`))), host).to.not.equal(undefined);
    }
    expect(served.stats.connections).to.equal(0);
  });

  it("dials an allowed origin, and that one only", async () => {
    const other = await startOrigin({ files: { "/a": Buffer.alloc(100) } });
    try {
      openWith(async () => [], [served.hostPort]);
      const reply = await get(`${served.url}/a`);
      expect(reply.kind).to.equal("part");
      if (reply.kind === "part") reply.drop();
      expect(findAddressRefused(await failureOf(get(`${other.url}/a`)))).to.not.equal(undefined);
      expect(other.stats.connections).to.equal(0);
    } finally {
      await other.stop();
    }
  });

  it("says who it is and asks for nothing it cannot take", async () => {
    openWith(async () => [], [served.hostPort]);
    const reply = await get(`${served.url}/a`);
    if (reply.kind === "part") reply.drop();
    const { headers } = served.stats.log[0] ?? {};
    expect(headers).to.deep.include({ "user-agent": userAgent(undefined), "accept-encoding": "identity", range: "bytes=0-9" });
    expect(headers).to.not.have.any.keys("cookie", "authorization", "referer");
  });

  it("refuses a redirect to a private address before dialling it", async () => {
    const inner = await startOrigin({ files: { "/secret": Buffer.from("secret") } });
    try {
      openWith(async () => ["93.184.216.34"], [served.hostPort]);
      for (const target of [`${inner.url}/secret`, "http://169.254.169.254/latest/meta-data/", "http://localhost/x", "http://[::1]/"]) {
        served.behave("/hop", { redirectTo: target });
        expect(findAddressRefused(await failureOf(get(`${served.url}/hop`))), target).to.not.equal(undefined);
      }
      expect(inner.stats.connections).to.equal(0);
    } finally {
      await inner.stop();
    }
  });
});
