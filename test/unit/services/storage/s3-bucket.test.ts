import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { bucketKeeper } from "../../../../services/storage/s3-bucket.ts";

describe("a keeper of the bucket", () => {
  let server: Server;
  let client: S3Client;
  /** What it is answered, in turn; 200 when these are over. */
  let answers: number[];
  let asked: string[];

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.method ?? "");
      response.writeHead(answers.shift() ?? 200).end();
    });
    await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
    client = new S3Client({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, forcePathStyle: true, region: "here", credentials: { accessKeyId: "a", secretAccessKey: "b" }, maxAttempts: 1 });
  });
  beforeEach(() => { [answers, asked] = [[], []]; });
  after(() => {
    client.destroy();
    server.close();
  });

  it("looks once, and makes the one that is missing", async () => {
    answers = [404];
    const { ready } = bucketKeeper(client, "lectern");
    await Promise.all([ready(), ready()]);
    await ready();
    expect(asked).to.deep.equal(["HEAD", "PUT"]);
  });

  it("looks again when it was not allowed to, and there turns out to be none", async () => {
    answers = [403, 404];
    const { ready, missed } = bucketKeeper(client, "lectern");
    await ready();
    await ready();
    expect(asked, "credentials may be for objects only").to.deep.equal(["HEAD"]);
    missed();
    await ready();
    expect(asked).to.deep.equal(["HEAD", "HEAD", "PUT"]);
  });

  it("makes none anew that was there, lest an empty one stand for all that was lost", async () => {
    const { ready, missed } = bucketKeeper(client, "lectern");
    await ready();
    missed();
    await ready();
    expect(asked).to.deep.equal(["HEAD"]);
  });

  it("looks again after a failure", async () => {
    answers = [500];
    const { ready } = bucketKeeper(client, "lectern");
    expect(await ready().catch(() => "failed")).to.equal("failed");
    await ready();
    expect(asked).to.deep.equal(["HEAD", "HEAD"]);
  });
});
