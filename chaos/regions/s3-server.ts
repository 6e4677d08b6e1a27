/**
 * A small S3 server on a directory, so that a region's bucket is reached over the line, and a reader of files sees what is
 * in it. One bucket, any credentials; no parts. argv: address, port, directory.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { openDirectoryStore } from "../../services/storage/directory-store.ts";

const [address = "", port = "", directory = ""] = process.argv.slice(2);
const store = await openDirectoryStore(directory);
/** Who created an object: asked by a writer whose answer was lost. Not kept over a restart, nor is its writer's patience. */
const writers = new Map<string, string>();

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const unescape = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");

function send(res: ServerResponse, status: number, body: string | Uint8Array = "", headers: Record<string, string> = {}): void {
  res.writeHead(status, { "Content-Length": String(Buffer.byteLength(body)), ...headers }).end(body);
}
const sendError = (res: ServerResponse, status: number, code: string): void => send(res, status, `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`, { "Content-Type": "application/xml" });
const sendXml = (res: ServerResponse, body: string): void => send(res, 200, `<?xml version="1.0"?>${body}`, { "Content-Type": "application/xml" });

async function onBucket(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> {
  if (req.method === "GET" && query.has("list-type")) {
    const after = query.get("start-after");
    const page = await store.list({
      prefix: query.get("prefix") ?? "", limit: Number(query.get("max-keys") ?? 1_000),
      ...(after === null ? {} : { after }), ...(query.has("delimiter") ? { delimiter: "/" } : {}),
    });
    const contents = page.objects.map(({ key, size }) => `<Contents><Key>${escape(key)}</Key><Size>${size}</Size></Contents>`);
    const folders = page.prefixes.map((prefix) => `<CommonPrefixes><Prefix>${escape(prefix)}</Prefix></CommonPrefixes>`);
    return sendXml(res, `<ListBucketResult><IsTruncated>${page.next !== undefined}</IsTruncated>${contents.join("")}${folders.join("")}</ListBucketResult>`);
  }
  if (req.method === "GET" && query.has("uploads")) return sendXml(res, "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
  if (req.method === "POST" && query.has("delete")) {
    const body = (await buffer(req)).toString("utf8");
    for (const [, key = ""] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) await store.remove(unescape(key));
    return sendXml(res, "<DeleteResult></DeleteResult>");
  }
  return req.method === "HEAD" || req.method === "PUT" ? send(res, 200) : sendError(res, 501, "NotImplemented");
}

async function onObject(req: IncomingMessage, res: ServerResponse, key: string): Promise<void> {
  const { "x-amz-copy-source": from, "x-amz-meta-writer": writer, range } = req.headers;
  switch (req.method) {
    case "PUT": {
      if (typeof from === "string") {
        const copied = await store.copy(decodeURIComponent(from).replace(/^\/?[^/]+\//, ""), key);
        if (copied === undefined) return sendError(res, 404, "NoSuchKey");
        return copied.copied ? sendXml(res, "<CopyObjectResult></CopyObjectResult>") : sendError(res, 412, "PreconditionFailed");
      }
      const body = await buffer(req);
      const { stored } = await store.put(key, body, { ifAbsent: req.headers["if-none-match"] === "*" });
      if (!stored) return sendError(res, 412, "PreconditionFailed");
      if (typeof writer === "string") writers.set(key, writer);
      return send(res, 200);
    }
    case "DELETE":
      await store.remove(key);
      writers.delete(key);
      return send(res, 204);
    case "HEAD":
    case "GET": {
      const found = await store.head(key);
      if (found === undefined) return req.method === "HEAD" ? send(res, 404) : sendError(res, 404, "NoSuchKey");
      const by = writers.get(key);
      const headers = { "Last-Modified": new Date(found.modifiedAt).toUTCString(), ...(by === undefined ? {} : { "x-amz-meta-writer": by }) };
      if (req.method === "HEAD") return void res.writeHead(200, { ...headers, "Content-Length": String(found.size) }).end();
      const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
      if (first === undefined) return send(res, 200, (await store.get(key)) ?? "", headers);
      if (Number(first) >= found.size) return sendError(res, 416, "InvalidRange");
      const end = last === undefined || last === "" ? found.size : Math.min(found.size, Number(last) + 1);
      const part = (await store.getRange(key, Number(first), end)) ?? Buffer.alloc(0);
      return send(res, 206, part, { ...headers, "Content-Range": `bytes ${first}-${end - 1}/${found.size}` });
    }
    default:
      return sendError(res, 501, "NotImplemented");
  }
}

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? "/", "http://s3");
  const [, , ...names] = pathname.split("/");
  const key = decodeURIComponent(names.join("/"));
  (key === "" ? onBucket(req, res, searchParams) : onObject(req, res, key)).catch((error: unknown) => {
    console.error(error);
    if (res.headersSent) res.destroy();
    else sendError(res, 500, "InternalError");
  });
}).listen(Number(port), address);
await once(server, "listening");
console.log("ready");
