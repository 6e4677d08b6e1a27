import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ServiceBroker } from "moleculer";
import { issueCertificate, makeAuthority } from "../../../../bin/keys/authority.ts";
import { loadConfig } from "../../../../config/config.ts";
import { shownCertificates, watchCertificates } from "../../../../services/node/certificate-watch.ts";
import { makeTempDir, removeDir } from "../../../support/processes.ts";

const DAY_MS = 86_400_000;

describe("a node's certificates", () => {
  let dir: string;
  let path: string;
  let told: string[];
  let broker: ServiceBroker;
  beforeEach(async () => {
    dir = await makeTempDir("certificates");
    path = join(dir, "client.crt");
    told = [];
    broker = new ServiceBroker({ logger: false, metrics: { enabled: true, reporter: [] } });
    broker.logger.warn = (line: string) => { told.push(line); };
  });
  afterEach(async () => { await removeDir(dir); });

  /** Looks at one that is good for so many days and an hour. */
  async function watch(days: number): Promise<number> {
    const now = Date.now();
    writeFileSync(path, (await issueCertificate(await makeAuthority("test", now), { name: "x", usages: ["client"], hosts: [] }, now, days + 1 / 24)).cert);
    const end = await watchCertificates(broker, new Map([["nats", path]]), () => now);
    end();
    const [metric] = broker.metrics?.list({ includes: "lectern_certificate_expiry_timestamp_seconds" }) ?? [];
    return ((metric as unknown as { values: { value: number }[] }).values[0]?.value ?? 0) - now / 1_000;
  }

  it("are told of, in seconds, and silently while two weeks are left", async () => {
    expect(await watch(14)).to.be.within((14 * DAY_MS) / 1_000, (15 * DAY_MS) / 1_000);
    expect(told).to.deep.equal([]);
  });

  it("are warned of in the last two weeks, and when they have expired", async () => {
    await watch(13);
    await watch(-2);
    expect(told).to.deep.equal([`The certificate ${path} expires in 13 days: \`npm run keys\` makes it anew where it made it.`, `The certificate ${path} has expired: \`npm run keys\` makes it anew where it made it.`]);
  });

  it("do not end a node that cannot read one", async () => {
    (await watchCertificates(broker, new Map([["redis", join(dir, "none")]])))();
    expect(told.join()).to.include(`The certificate ${join(dir, "none")} cannot be read: ENOENT`);
  });

  it("are those that it shows: the gateway's where it has one", () => {
    const config = { ...loadConfig({}), tls: { cert: "/g.crt", key: "/g.key" }, nats: { ca: undefined, nkey: undefined, pair: { cert: "/n.crt", key: "/n.key" } } };
    expect([...shownCertificates({ ...config, services: ["gateway"] })]).to.deep.equal([["gateway", "/g.crt"], ["nats", "/n.crt"]]);
    expect([...shownCertificates({ ...config, services: ["cache"] })]).to.deep.equal([["nats", "/n.crt"]]);
  });
});
