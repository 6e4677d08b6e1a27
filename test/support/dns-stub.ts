/** A name server on a free port of the loopback that says what a test tells it to, over UDP and TCP. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { decode, encode, streamDecode, streamEncode, TRUNCATED_RESPONSE, type Answer, type Packet } from "dns-packet";

const NXDOMAIN = 3;
/** What fits into a UDP answer without EDNS (RFC 1035 4.2.1). */
const UDP_BYTES = 512;

export interface Question { name: string; type: string }
/** Records, a response code (RFC 1035 4.1.1), or no answer at all. */
export type Said = Answer[] | number | "silence";

export interface DnsStub {
  /** `127.0.0.1:<port>` */
  server: string;
  questions: Question[];
  stop(): Promise<void>;
}

/** @param say gets the question and how often its name and type were asked about before */
export async function startDnsStub(say: (question: Question, before: number) => Said): Promise<DnsStub> {
  const questions: Question[] = [];
  const sockets = new Set<Socket>();

  function answer(query: Packet): Packet | undefined {
    const asked = query.questions?.[0];
    if (asked === undefined) return undefined;
    const question = { name: asked.name, type: asked.type };
    const before = questions.filter(({ name, type }) => name === question.name && type === question.type).length;
    questions.push(question);
    const said = say(question, before);
    if (said === "silence") return undefined;
    // The response code is the lowest four bits of the flags.
    return { type: "response", id: query.id ?? 0, flags: typeof said === "number" ? said : 0, questions: [asked], answers: typeof said === "number" ? [] : said };
  }

  const udp = createSocket("udp4");
  udp.on("message", (message, from) => {
    const reply = answer(decode(message));
    if (reply === undefined) return;
    const bytes = encode(reply);
    udp.send(bytes.length <= UDP_BYTES ? bytes : encode({ ...reply, flags: TRUNCATED_RESPONSE, answers: [] }), from.port, from.address);
  });
  const tcp = createServer((socket) => {
    let received = Buffer.alloc(0);
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const length = 2 + received.readUInt16BE(0);
        const reply = answer(streamDecode(received.subarray(0, length)));
        received = received.subarray(length);
        if (reply !== undefined) socket.write(streamEncode(reply));
      }
    });
  }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");

  return {
    server: `127.0.0.1:${port}`,
    questions,
    async stop() {
      for (const socket of sockets) socket.destroy();
      udp.close();
      tcp.close();
      await Promise.all([once(udp, "close"), once(tcp, "close")]);
    },
  };
}

/** An answer of these addresses to who asks for their kind, and of nothing to others. */
export function addressesFor({ name, type }: Question, addresses: readonly string[]): Answer[] {
  const kind = type === "AAAA" ? "AAAA" : "A";
  return addresses.filter((address) => address.includes(":") === (kind === "AAAA") && (type === "A" || type === "AAAA"))
    .map((data) => ({ name, type: kind, ttl: 0, data }));
}

export const NO_SUCH_NAME = NXDOMAIN;
