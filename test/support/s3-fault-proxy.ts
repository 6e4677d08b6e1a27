/** An HTTP proxy in front of an S3 server that does to requests and answers what servers do on bad days. */
import { once } from "node:events";
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Of a request: `POST /bucket/key?uploadId=…`. */
export type Matches = (line: string) => boolean;

export interface S3Faults {
  /** What is refused or delayed; default: all. */
  only: Matches | undefined;
  /** Refuses one of so many requests with `refusal`, none more than twice, or chance would have one refused until its client gives up; 1: all, always. */
  refuseOneIn: number | undefined;
  refusal: { status: number; code: string };
  /** Before a request is passed on, in ms. */
  delayMs: number;
  /** Cuts so many answers after `cutAfter` bytes of their bodies. */
  cuts: number;
  cutAfter: number;
  /** Passes such a request on, and drops the connection instead of its answer, once. */
  loseAnswerOf: Matches | undefined;
  /** Answers such a request with 200 and an error in the body, as S3 does when it has begun to answer, once; it is not passed on. */
  errorInside: Matches | undefined;
}

export interface S3FaultProxy {
  endpoint: string;
  faults: S3Faults;
  /** Requests that came. */
  requests: number;
  /** Faults that were done. */
  done: number;
  /** Is called with each answer of the real server. */
  onAnswer: (line: string, status: number) => void;
  /** Holds back the next such request, before any fault. `held` resolves when it has come; `release` lets it go on, or takes the order back. */
  hold(matches: Matches): { held: Promise<void>; release(): void };
  stop(): Promise<void>;
}

const HEALTHY: S3Faults = { only: undefined, refuseOneIn: undefined, refusal: { status: 503, code: "SlowDown" }, delayMs: 0, cuts: 0, cutAfter: 0, loseAnswerOf: undefined, errorInside: undefined };

/** @param target `http://host:port` of the real server */
export async function startS3FaultProxy(target: string): Promise<S3FaultProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer((req, res) => void handle(req, res));
  let holding: { matches: Matches; held(): void; released: Promise<void> } | undefined;
  const refused = new Map<string, number>();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: S3FaultProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: { ...HEALTHY }, requests: 0, done: 0, onAnswer: () => undefined,
    hold(matches) {
      const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const order = { matches, held: held.resolve, released: released.promise };
      holding = order;
      return {
        held: held.promise,
        release() {
          if (holding === order) holding = undefined;
          released.resolve();
        },
      };
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { faults } = proxy;
    const line = `${req.method} ${req.url}`;
    proxy.requests++;
    if (holding?.matches(line) === true) {
      const { held, released } = holding;
      holding = undefined;
      held();
      await released;
      if (res.destroyed) return;
    }
    const meant = faults.only?.(line) ?? true;
    if (faults.delayMs > 0 && meant) {
      proxy.done++;
      await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
    }
    if (faults.refuseOneIn !== undefined && meant && proxy.requests % faults.refuseOneIn === 0 && (faults.refuseOneIn === 1 || (refused.get(line) ?? 0) < 2)) {
      refused.set(line, (refused.get(line) ?? 0) + 1);
      proxy.done++;
      req.resume();
      return void answerError(res, faults.refusal.status, faults.refusal.code);
    }
    if (faults.errorInside?.(line) === true) {
      faults.errorInside = undefined;
      proxy.done++;
      req.resume();
      return void answerError(res, 200, "InternalError");
    }
    const upstream = forward({ hostname, port, method: req.method, path: req.url, headers: req.rawHeaders }, (answer) => {
      proxy.onAnswer(line, answer.statusCode ?? 502);
      if (faults.loseAnswerOf?.(line) === true) {
        faults.loseAnswerOf = undefined;
        proxy.done++;
        answer.resume().once("end", () => req.socket.destroy());
        return;
      }
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      let cut = faults.cuts > 0 && Number(answer.headers["content-length"] ?? 0) > faults.cutAfter ? faults.cutAfter : Infinity;
      if (cut !== Infinity) {
        faults.cuts--;
        proxy.done++;
      }
      answer.on("data", (chunk: Buffer) => {
        res.write(chunk.subarray(0, Math.min(chunk.length, cut)));
        cut -= chunk.length;
        if (cut <= 0) req.socket.destroy();
      });
      answer.once("end", () => res.end());
    });
    upstream.once("error", () => req.socket.destroy());
    res.once("close", () => upstream.destroy());
    req.pipe(upstream);
  }
}

function answerError(res: ServerResponse, status: number, code: string): void {
  res.writeHead(status, { "content-type": "application/xml" }).end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>staged</Message></Error>`);
}
