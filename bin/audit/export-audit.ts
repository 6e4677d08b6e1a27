/** Fetches a region's audit log from a gateway. */
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { authorization, type Server } from "../add/find-server.ts";
import { reach, readAnswer } from "../add/gateway-client.ts";

const TAIL_BYTES = 200;

/** @returns whether all of it has come @throws ApiError, NoServerError */
export async function exportAudit(server: Server, to: NodeJS.WritableStream): Promise<boolean> {
  const response = await reach(server.url, () => fetch(`${server.url}/v1/audit/export`, { headers: authorization(server) }));
  if (!response.ok || response.body === null) {
    readAnswer(response.status, await response.text());
    return false;
  }
  let tail = Buffer.alloc(0);
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      tail = Buffer.from(Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES));
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body as never), watch, to, { end: to !== process.stdout });
  return /\n\{"kind":"end","lines":\d+\}\n$/.test(tail.toString("latin1"));
}
