/** The tus protocol over HTTP: gateways on real ports, each with `source` and `storage` on one directory. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request, type ClientRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ServiceBroker, type BrokerOptions } from "moleculer";
import type { Upload } from "../../services/source/source.contract.ts";
import { gatewayService } from "../../services/gateway/gateway.service.ts";
import { sourceService } from "../../services/source/source.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { eventually } from "../support/eventually.ts";
import { freshNamespace, sharedNats } from "../support/servers.ts";

const MiB = 1024 * 1024;
const LIMIT = 32 * MiB;
const OFFSET_BYTES = "application/offset+octet-stream";
const content = randomBytes(12 * MiB);
const sha256 = createHash("sha256").update(content).digest("hex");

interface Node { broker: ServiceBroker; url: string }

describe("tus over HTTP", function () {
  this.timeout(30_000);
  let dir: string;
  let nodes: Node[];
  let url: string;
  let other: string;

  const openNode = async (services: readonly ("gateway" | "source")[], options: BrokerOptions = {}): Promise<Node> => {
    const broker = new ServiceBroker({ logger: false, dependencyInterval: 5, requestTimeout: 5_000, ...options });
    const store = { kind: "file", dir: join(dir, "store") } as const;
    if (services.includes("source")) {
      broker.createService(storageService({ store }));
      broker.createService(sourceService({ dataDir: join(dir, `node-${nodes.length}`), sourceAllow: [], sourceMaxBytes: LIMIT, sourceCacheBytes: LIMIT, store }));
    }
    const gateway = services.includes("gateway") ? broker.createService(gatewayService({ httpHost: "127.0.0.1", httpPort: 0, publicUrl: undefined, sourceMaxBytes: LIMIT, access: "open" })) : undefined;
    const node = { broker, url: "" };
    nodes.push(node);
    await broker.start();
    node.url = (gateway as unknown as { httpUrl: string } | undefined)?.httpUrl ?? "";
    return node;
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tus-"));
    nodes = [];
    ({ url } = await openNode(["gateway", "source"]));
    ({ url: other } = await openNode(["gateway", "source"]));
  });
  afterEach(async () => {
    await Promise.all(nodes.map(({ broker }) => broker.stop()));
    await rm(dir, { recursive: true, force: true });
  });

  const ask = (method: string, to: string, headers: Record<string, string> = {}, body?: Buffer): Promise<Response> =>
    fetch(to, { method, headers: { "Tus-Resumable": "1.0.0", ...headers }, ...(body === undefined ? {} : { body }) } as RequestInit);
  const begin = async (size = content.length, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await ask("POST", `${url}/v1/uploads/tus`, { "Upload-Length": String(size), ...headers });
    expect(answer.status, await answer.text()).to.equal(201);
    return new URL(answer.headers.get("location") ?? "", answer.url).href;
  };
  const patch = (to: string, offset: number, bytes: Buffer, headers: Record<string, string> = {}): Promise<Response> =>
    ask("PATCH", to, { "Upload-Offset": String(offset), "Content-Type": OFFSET_BYTES, ...headers }, bytes);
  const offsetOf = async (upload: string): Promise<number> => {
    const answer = await ask("HEAD", upload);
    expect(answer.status).to.equal(200);
    return Number(answer.headers.get("upload-offset"));
  };
  const idOf = (upload: string): string => upload.split("/").at(-1) ?? "";
  const expectSource = async (upload: string): Promise<void> => {
    expect(await nodes[0]?.broker.call("source.upload", { uploadId: idOf(upload) })).to.deep.include({ size: content.length, sha256 } satisfies Partial<Upload>);
  };
  const expectProblem = async (answer: Response, status: number, code: string): Promise<void> => {
    const problem = await answer.json() as { code: string; status: number; requestId: string };
    expect(problem, JSON.stringify(problem)).to.include({ code, status });
    expect(answer.status).to.equal(status);
    expect(answer.headers.get("content-type")).to.equal("application/problem+json");
    expect(answer.headers.get("tus-resumable")).to.equal("1.0.0");
    expect(answer.headers.get("access-control-allow-origin")).to.equal(null);
    expect(answer.headers.get("x-request-id")).to.equal(problem.requestId);
  };
  /** A PATCH of all that is left, of which only some is sent for now. */
  const openPatch = (upload: string, offset: number, sent: number): ClientRequest => {
    const left = content.length - offset;
    const req = request(upload, { method: "PATCH", headers: { "Tus-Resumable": "1.0.0", "Upload-Offset": String(offset), "Content-Type": OFFSET_BYTES, "Content-Length": left } });
    req.on("error", () => undefined); // it is cut
    req.write(content.subarray(offset, offset + sent));
    return req;
  };

  it("says what it offers, and lets no page of another site upload", async () => {
    const answer = await fetch(`${url}/v1/uploads/tus`, { method: "OPTIONS", headers: { Origin: "https://lms.example" } });
    expect(answer.status).to.equal(204);
    expect(Object.fromEntries(["tus-version", "tus-extension", "tus-max-size", "tus-checksum-algorithm"].map((name) => [name, answer.headers.get(name)]))).to.deep.equal({
      "tus-version": "1.0.0", "tus-extension": "creation,creation-with-upload,expiration,termination,checksum", "tus-max-size": String(LIMIT), "tus-checksum-algorithm": "sha1,sha256",
    });
    const preflight = await fetch(`${url}/v1/uploads/tus/${"0".repeat(26)}`, { method: "OPTIONS", headers: { "Origin": "https://lms.example", "Access-Control-Request-Method": "PATCH" } });
    expect([preflight.status, preflight.headers.get("tus-version")]).to.deep.equal([204, "1.0.0"]);
    for (const { headers } of [answer, preflight]) expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).to.deep.equal([]);
  });

  it("takes a file in one request after its creation, and tells how far it is and until when it may take", async () => {
    const before = Date.now();
    const created = await ask("POST", `${url}/v1/uploads/tus`, { "Upload-Length": String(content.length), "Upload-Metadata": "filename bGVjdHVyZS5tcDQ=,draft" });
    expect([created.status, created.headers.get("location")]).to.deep.equal([201, `tus/${idOf(created.headers.get("location") ?? "")}`]);
    expect(Date.parse(created.headers.get("upload-expires") ?? "")).to.be.within(before + 86_399_000, Date.now() + 86_400_000);
    const upload = new URL(created.headers.get("location") ?? "", created.url).href;
    const head = await ask("HEAD", upload);
    expect(["upload-offset", "upload-length", "upload-metadata", "cache-control"].map((name) => head.headers.get(name))).to.deep.equal(["0", String(content.length), "filename bGVjdHVyZS5tcDQ=,draft", "no-store"]);
    const half = await patch(upload, 0, content.subarray(0, MiB));
    expect([half.status, half.headers.get("upload-offset"), half.headers.get("upload-expires")]).to.deep.equal([204, String(MiB), created.headers.get("upload-expires")]);
    const whole = await patch(upload, MiB, content.subarray(MiB));
    expect([whole.status, whole.headers.get("upload-offset"), whole.headers.get("upload-expires")]).to.deep.equal([204, String(content.length), null]);
    await expectSource(upload);
    expect(await offsetOf(upload)).to.equal(content.length);
  });

  it("takes a file that comes with its creation", async () => {
    const answer = await ask("POST", `${url}/v1/uploads/tus`, { "Upload-Length": String(content.length), "Content-Type": OFFSET_BYTES }, content);
    expect([answer.status, answer.headers.get("upload-offset")]).to.deep.equal([201, String(content.length)]);
    await expectSource(new URL(answer.headers.get("location") ?? "", answer.url).href);
  });

  it("keeps what came of a request that was cut, and goes on with it through another gateway", async () => {
    const upload = await begin();
    const cut = openPatch(upload, 0, 3 * MiB);
    await eventually(() => cut.writableLength === 0);
    cut.destroy();
    const kept = await eventually(async () => (await offsetOf(upload)) || undefined);
    expect(kept).to.be.within(1, 3 * MiB);
    const there = upload.replace(url, other);
    expect(await offsetOf(there)).to.equal(kept);
    expect((await patch(there, kept, content.subarray(kept))).status).to.equal(204);
    await expectSource(upload);
  });

  it("lets a client that comes back go on while its old request still hangs, which then is refused", async () => {
    const upload = await begin();
    const hanging = openPatch(upload, 0, 9 * MiB);
    const answered = once(hanging, "response") as Promise<[{ statusCode: number }]>;
    const at = await eventually(async () => (await offsetOf(upload)) || undefined);
    const there = upload.replace(url, other);
    expect((await patch(there, at, content.subarray(at, 10 * MiB))).status).to.equal(204);
    hanging.end(content.subarray(9 * MiB));
    const [{ statusCode }] = await answered;
    expect(statusCode).to.equal(409);
    expect((await patch(upload, 10 * MiB, content.subarray(10 * MiB))).status).to.equal(204);
    await expectSource(upload);
  });

  it("refuses the same bytes twice, and bytes from elsewhere", async () => {
    const upload = await begin();
    expect((await patch(upload, 0, content.subarray(0, MiB))).status).to.equal(204);
    await expectProblem(await patch(upload, 0, content.subarray(0, MiB)), 409, "upload_conflict");
    await expectProblem(await patch(upload, 2 * MiB, content.subarray(2 * MiB)), 409, "upload_conflict");
    expect(await offsetOf(upload)).to.equal(MiB);
  });

  it("drops bytes whose checksum is another's, and keeps them when it is theirs", async () => {
    const upload = await begin();
    const sum = (algorithm: string, bytes: Buffer): Record<string, string> => ({ "Upload-Checksum": `${algorithm} ${createHash(algorithm).update(bytes).digest("base64")}` });
    const bytes = content.subarray(0, MiB);
    await expectProblem(await patch(upload, 0, bytes, sum("sha1", Buffer.from("other"))), 460, "checksum_mismatch");
    await expectProblem(await patch(upload, 0, bytes, sum("md5", bytes)), 400, "bad_request");
    await expectProblem(await patch(upload, 0, bytes, { "Upload-Checksum": "sha1 short" }), 400, "bad_request");
    expect(await offsetOf(upload)).to.equal(0);
    expect((await patch(upload, 0, bytes, sum("sha1", bytes))).status).to.equal(204);
    expect((await patch(upload, MiB, bytes, sum("sha256", bytes))).headers.get("upload-offset")).to.equal(String(2 * MiB));
  });

  it("removes an upload that its client gives up, but not one that is finished", async () => {
    const upload = await begin();
    await patch(upload, 0, content.subarray(0, MiB));
    expect((await ask("DELETE", upload.replace(url, other))).status).to.equal(204);
    expect((await ask("HEAD", upload)).status).to.equal(404);
    await expectProblem(await patch(upload, MiB, content.subarray(MiB)), 404, "upload_not_found");
    await expectProblem(await ask("DELETE", upload), 404, "upload_not_found");
    const finished = await begin();
    await patch(finished, 0, content);
    await expectProblem(await ask("DELETE", finished), 409, "upload_conflict");
    await expectSource(finished);
  });

  it("refuses what is empty, too large, or of no announced length", async () => {
    const create = (headers: Record<string, string>): Promise<Response> => ask("POST", `${url}/v1/uploads/tus`, headers);
    await expectProblem(await create({ "Upload-Length": "0" }), 400, "upload_empty");
    await expectProblem(await create({ "Upload-Length": String(LIMIT + 1) }), 413, "source_too_large");
    await expectProblem(await create({ "Upload-Defer-Length": "1" }), 400, "bad_request");
    await expectProblem(await create({ "Upload-Length": "12x" }), 400, "bad_request");
    await expectProblem(await create({}), 400, "bad_request");
    const upload = await begin(10);
    await expectProblem(await patch(upload, 0, Buffer.alloc(11)), 413, "source_too_large");
    const chunked = request(upload, { method: "PATCH", headers: { "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": OFFSET_BYTES, "Transfer-Encoding": "chunked" } });
    chunked.end(Buffer.alloc(11));
    const [answer] = await once(chunked, "response") as [{ statusCode: number }];
    expect(answer.statusCode).to.equal(413);
    expect(await offsetOf(upload)).to.equal(0);
  });

  it("refuses requests that are not tus, or not this tus", async () => {
    const upload = await begin(10);
    const bare = await fetch(upload, { method: "PATCH", body: "x" });
    await expectProblem(bare, 412, "tus_unsupported");
    expect(bare.headers.get("tus-version")).to.equal("1.0.0");
    await expectProblem(await ask("PATCH", upload, { "Tus-Resumable": "0.2.2" }), 412, "tus_unsupported");
    await expectProblem(await patch(upload, 0, Buffer.alloc(10), { "Content-Type": "text/plain" }), 400, "bad_request");
    await expectProblem(await ask("PATCH", upload, { "Content-Type": OFFSET_BYTES }, Buffer.alloc(10)), 400, "bad_request");
    await expectProblem(await patch(`${url}/v1/uploads/tus/..%2f..%2fvideos`, 0, Buffer.alloc(1)), 404, "upload_not_found");
    expect((await ask("GET", upload)).status).to.equal(405);
  });

  it("keeps what came before a cut when the bytes cross the mesh", async () => {
    const { url: nats } = await sharedNats();
    const mesh: BrokerOptions = { namespace: freshNamespace(), transporter: { type: "NATS", options: { url: nats } }, serializer: "CBOR" };
    await openNode(["source"], { ...mesh, nodeID: "with-source" });
    const far = await openNode(["gateway"], { ...mesh, nodeID: "with-gateway" });
    await far.broker.waitForServices("source", 10_000, 20);
    const upload = (await begin()).replace(url, far.url);
    const cut = openPatch(upload, 0, 3 * MiB);
    await eventually(() => cut.writableLength === 0);
    cut.destroy();
    const kept = await eventually(async () => (await offsetOf(upload)) || undefined);
    expect((await patch(upload, kept, content.subarray(kept))).status).to.equal(204);
    await expectSource(upload);
  });
});
