/** An endpoint of a developer's: keeps what it was sent, verifies it, and answers as a test says. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { openHistory, type History } from "./history.ts";

export interface Received { path: string; id: string; type: string; timestamp: string; data: Record<string, unknown>; headers: IncomingMessage["headers"]; body: string }
export interface Receiver { hostPort: string; url: string; received: History<Received>; answer(received: Received, res: ServerResponse): void; stop(): Promise<void> }

export async function startReceiver(): Promise<Receiver> {
  const received = openHistory<Received>();
  const server = createServer((req, res) => {
    let body = "";
    req.setEncoding("utf8").on("data", (text: string) => { body += text; }).on("end", () => {
      const message = JSON.parse(body) as { type: string; timestamp: string; data: Record<string, unknown> };
      const one = { path: req.url ?? "", id: String(req.headers["webhook-id"]), headers: req.headers, body, ...message };
      received.add(one);
      receiver.answer(one, res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hostPort = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: Receiver = {
    hostPort, url: `http://${hostPort}`, received,
    answer: (_, res) => void res.writeHead(204).end(),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  return receiver;
}

/** Whether one of its signatures is by this secret. */
export function isSignedBy(secret: string, { headers, body }: Received): boolean {
  const expected = createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64")).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
  return String(headers["webhook-signature"]).split(" ").includes(`v1,${expected}`);
}
