/**
 * Run inside a network namespace of its own, which has nothing but a public address on its loopback: fetches URLs there
 * through the address rules, nothing allowed, and prints what came of each. Arguments: key file, certificate file.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { TLSSocket } from "node:tls";
import { errorMessage } from "../../config/errors.ts";
import { ORIGIN_LIMITS } from "../../services/source/origin/origin-limits.ts";
import { SILENT_METER } from "../../services/source/source-meter.ts";
import { openOrigin } from "../../services/source/origin/origin.ts";

const PUBLIC = "93.184.216.34";
const [keyFile = "", certFile = ""] = process.argv.slice(2);

const answer: RequestListener = (request, response) => {
  const name = request.socket instanceof TLSSocket ? request.socket.servername : undefined;
  const body = `${request.headers.host} ${String(name)}`;
  response.writeHead(206, { "content-range": `bytes 0-${body.length - 1}/1000`, "content-length": body.length }).end(body);
};
const servers = [createServer(answer).listen(80, PUBLIC), createSecureServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, answer).listen(443, PUBLIC)];
await Promise.all(servers.map((server) => once(server, "listening")));

const origin = openOrigin({ allowed: new Set(), limits: ORIGIN_LIMITS, meter: SILENT_METER, resolve: async () => [PUBLIC] });
const outcomes: Record<string, string> = {};
for (const url of ["http://lectures.example/", `http://${PUBLIC}/`, "https://lectures.example/", "https://other.example/"]) {
  try {
    const reply = await origin.get({ url: new URL(url) }, { start: 0, end: 1000 }, {}, new AbortController().signal);
    outcomes[url] = reply.kind;
    if (reply.kind === "part") for await (const piece of reply.body) outcomes[url] += ` ${piece.toString()}`;
  } catch (error) {
    outcomes[url] = error instanceof Error && "code" in error ? String(error.code) : errorMessage(error);
  }
}
await origin.close();
for (const server of servers) server.close();
process.stdout.write(JSON.stringify(outcomes));
