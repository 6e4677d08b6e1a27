/** A Redis as `npm run keys` configures it, and who tries to get in, or to do more than is theirs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Redis, type RedisOptions } from "ioredis";
import { issueCertificate, makeAuthority, type Issued } from "../../bin/keys/authority.ts";
import { keepAuthority } from "../../bin/keys/kept-authority.ts";
import { closeRedis, openRedis, renewLog } from "../../mixins/redis.ts";
import { startKeyedServers, type KeyedServers } from "../support/keyed-servers.ts";
import { eventually } from "../support/eventually.ts";

const CLIENT = { name: "somebody", usages: ["client"], hosts: [] } as const;

describe("a Redis with keys", function () {
  this.timeout(30_000);
  let servers: KeyedServers;
  let clients: Redis[];
  let environment: NodeJS.ProcessEnv;
  before(async () => { servers = await startKeyedServers(); });
  after(async () => { await servers.stop(); });
  beforeEach(() => { [clients, environment] = [[], { ...process.env }]; });
  afterEach(() => {
    for (const client of clients) client.disconnect();
    process.env = environment;
  });

  const file = (name: string): string => servers.fileOf("worker-1", name).toString("utf8").trim();
  const good = () => ({ ca: file("ca.crt"), cert: file("client.crt"), key: file("client.key") });
  const own = async (): Promise<Issued> => (await keepAuthority(servers.dir, "lectern", false)).authority.own;

  /** What it answers to `PING`, or why it does not. */
  async function answer(options: RedisOptions): Promise<string> {
    let why = "";
    const client = new Redis({ host: "localhost", port: servers.redisPort, username: "lectern", password: file("redis.password"), lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false, ...options });
    clients.push(client);
    client.on("error", (error: Error) => { why = error.message; });
    try {
      await client.connect();
      return await client.ping();
    } catch (error) {
      return why === "" ? String(error) : why;
    }
  }

  it("lets a node in with its certificate, user and password", async () => {
    expect(await answer({ tls: good() })).to.equal("PONG");
  });

  const strangers: Record<string, [RegExp, () => Promise<RedisOptions> | RedisOptions]> = {
    "without TLS": [/closed|ECONNRESET|EPIPE/, () => ({})],
    "without a certificate": [/certificate required|ECONNRESET/, () => ({ tls: { ca: good().ca } })],
    "with the certificate of another authority": [/unknown ca|ECONNRESET/, async () => ({ tls: { ...good(), ...(await issueCertificate(await makeAuthority("other", Date.now()), CLIENT, Date.now())) } })],
    "with a certificate that has expired": [/certificate expired|ECONNRESET/, async () => ({ tls: { ...good(), ...(await issueCertificate(await own(), CLIENT, Date.now(), -1)) } })],
    "as the default user": [/NOAUTH/, () => ({ tls: good(), username: "", password: "" })],
    "with another password": [/WRONGPASS/, () => ({ tls: good(), password: "guessed" })],
    "by TLS 1.1": [/protocol version/, () => ({ tls: { ...good(), minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } })],
  };
  for (const [how, [why, options]] of Object.entries(strangers)) {
    it(`keeps out who comes ${how}`, async () => { expect(await answer(await options())).to.match(why); });
  }

  it("is not believed by a node that knows another authority", async () => {
    expect(await answer({ tls: { ...good(), ca: (await makeAuthority("other", Date.now())).cert } })).to.match(/self-signed certificate|unable to verify/);
  });

  it("lets a node do what the project does with its own keys, and nothing else", async () => {
    expect(await answer({ tls: good() })).to.equal("PONG");
    const [client] = clients;
    const said = async (command: string, ...args: string[]): Promise<string> => {
      try {
        return String(await client?.call(command, ...args));
      } catch (error) {
        return error instanceof Error ? error.message.slice(0, 6) : String(error);
      }
    };
    expect(await said("SET", "lectern:x", "1")).to.equal("OK");
    expect(await said("EVAL", "return redis.call('GET', KEYS[1])", "1", "lectern:x")).to.equal("1");
    expect(await said("PUBLISH", "lectern:queue:wake", "play")).to.equal("0");
    for (const [command = "", ...args] of [
      ["FLUSHALL"], ["FLUSHDB"], ["CONFIG", "GET", "*"], ["CONFIG", "SET", "dir", "/tmp"], ["KEYS", "*"], ["SCAN", "0"], ["ACL", "LIST"], ["MONITOR"], ["SHUTDOWN"], ["SAVE"], ["CLIENT", "LIST"], ["MODULE", "LIST"], ["SLAVEOF", "NO", "ONE"], ["MIGRATE", "127.0.0.1", "1", "lectern:x", "0", "1"], ["SCRIPT", "FLUSH"], ["FUNCTION", "LIST"],
      ["GET", "other:x"], ["SET", "lecternx", "1"], ["SUBSCRIBE", "other:wake"], ["PUBLISH", "other:wake", "x"],
    ]) expect(await said(command, ...args), `${command} ${args.join(" ")}`).to.equal("NOPERM");
    expect(await said("EVAL", "return redis.call('FLUSHALL')", "0")).to.not.equal("OK");
    expect(await said("EVAL", "return redis.call('GET', 'other:x')", "0")).to.match(/NOPERM|ERR/);
    expect(await said("GET", "lectern:x")).to.equal("1");
  });

  it("takes a node that starts with its settings, whose log it writes anew; its password is read again", async () => {
    Object.assign(process.env, servers.settingsOf("worker-1"));
    const told: string[] = [];
    const logger = { fatal: note, error: note, warn: note, info: note, debug: note, trace: note };
    function note(...args: unknown[]): void { told.push(args.map(String).join(" ")); }
    const redis = await openRedis(process.env["LECTERN_REDIS_URL"], logger, 5_000);
    clients.push(redis);
    renewLog(redis, logger);
    await eventually(async () => /aof_last_bgrewrite_status:ok/.test(await redis.info()) && /aof_rewrites:[1-9]/.test(await redis.info()));
    expect(told.join("\n")).to.not.match(/NOPERM|not written anew/);

    const password = readFileSync(join(servers.dir, "redis.password"), "utf8");
    writeFileSync(join(servers.dir, "nodes", "worker-1", "redis.password"), "wrong\n");
    redis.disconnect(true);
    await eventually(() => told.some((line) => line.includes("WRONGPASS")));
    writeFileSync(join(servers.dir, "nodes", "worker-1", "redis.password"), password);
    await eventually(async () => await redis.ping().then((pong) => pong === "PONG", () => false));
    expect(told.join("\n")).to.not.include(password.trim());
    closeRedis(redis);
  });
});
