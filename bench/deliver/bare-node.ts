/** The least that a Node process does to answer a file from its memory. Arguments: the folder, the port. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const [files = "", port] = process.argv.slice(2);
const known = new Map<string, Buffer>();

createServer(({ url = "" }, res) => {
  if (url === "/") return void res.end();
  const bytes = known.get(url) ?? readFileSync(join(files, url));
  known.set(url, bytes);
  res.writeHead(200, { "Content-Type": "video/mp4", "Content-Length": bytes.length });
  res.end(bytes);
}).listen(Number(port), "127.0.0.1");
