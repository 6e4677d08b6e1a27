/** The demuxer's thread: reads containers with mediabunny, away from the loop that heartbeats and viewers share. */
import { flushCompileCache } from "node:module";
import { parentPort } from "node:worker_threads";
import { errorMessage } from "../../config/error-message.ts";
import { collectAfterLoading } from "../after-loading.ts";
import { openContainers } from "./containers.ts";
import type { DemuxerRequest, FromThread, ToThread } from "./demuxer.contract.ts";

/** mediabunny tells a console of every codec that it does not know; here that is an answer, not news. */
console.warn = () => undefined;

if (parentPort === null) throw new Error("The demuxer's thread is started by demuxer.ts.");
const port = parentPort;
const send = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

const reads = new Map<number, PromiseWithResolvers<Uint8Array>>();
let lastRead = 0;

const containers = openContainers(({ key }, start, end, ahead) => {
  const read = Promise.withResolvers<Uint8Array>();
  reads.set(++lastRead, read);
  send({ read: lastRead, key, start, end, ahead });
  return read.promise;
});

port.on("message", (message: ToThread) => {
  if ("request" in message) {
    answer(message.id, message.request).catch((error: unknown) => {
      containers.forget(message.request.source.key); // after a read that failed it would not read again
      send({ id: message.id, error: errorMessage(error) });
    });
    return;
  }
  const read = reads.get(message.read);
  reads.delete(message.read);
  if ("bytes" in message) read?.resolve(message.bytes);
  else read?.reject(new Error(message.error));
});

async function answer(id: number, request: DemuxerRequest): Promise<void> {
  if (request.op === "inspect") return send({ id, result: await containers.inspect(request) });
  const result = await containers.packets(request);
  send({ id, result }, "places" in result ? [] : [...new Set(result.packets.map((packet) => packet.data.buffer as ArrayBuffer))]);
}

collectAfterLoading();
flushCompileCache(); // now: a thread whose node is killed keeps nothing, and the next one would compile, and strip types, again
