import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { fail, findErrorCode } from "../../../../../config/errors.ts";
import { countAttempts, OriginTrouble } from "../../../../../services/source/origin/attempts.ts";
import { ORIGIN_LIMITS } from "../../../../../services/source/origin/origin-limits.ts";
import { AddressRefused } from "../../../../../mixins/guarded-dial/refusal.ts";

const limits = { ...ORIGIN_LIMITS, retries: 2, backOffMs: 1 };

describe("attempts", () => {
  let notes: string[];
  const start = () => countAttempts(limits, 60_000, (reason) => void notes.push(reason), new AbortController().signal);
  const outcome = async (work: Promise<void>): Promise<Error | undefined> => work.then(() => undefined, (error: Error) => error);
  beforeEach(() => { notes = []; });

  it("are three, and as many again after progress", async () => {
    const attempts = start();
    expect(await outcome(attempts.failed(new OriginTrouble("answers 500", { status: 500 })))).to.equal(undefined);
    expect(await outcome(attempts.failed(new Error("reset")))).to.equal(undefined);
    attempts.progressed();
    expect(await outcome(attempts.failed(new Error("reset")))).to.equal(undefined);
    expect(await outcome(attempts.failed(new Error("reset")))).to.equal(undefined);
    expect(await outcome(attempts.failed(new OriginTrouble("answers 500", { status: 500 })))).to.deep.include({ type: "source_unreachable", message: "The origin answers 500.", data: { status: 500 } });
  });

  it("end at once with an error that is for the caller", async () => {
    const final = fail("source_refused", "No.");
    expect(await outcome(start().failed(final))).to.equal(final);
  });

  it("end at once with a refused address, wherever the client put it, in the one set of words", async () => {
    const refused = new AddressRefused("rebind.example has the address 127.0.0.1");
    const outcomes = [refused, new Error("connect", { cause: refused }), new AggregateError([new Error("x"), refused])].map((error) => outcome(start().failed(error)));
    for (const error of await Promise.all(outcomes)) {
      expect(findErrorCode(error)).to.equal("source_refused");
      expect(error?.message).to.not.include("127.0.0.1");
    }
    expect(notes[0]).to.equal("refused: rebind.example has the address 127.0.0.1");
  });

  it("end at once with a certificate that is not the host's", async () => {
    const error = Object.assign(new Error("altname"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(await outcome(start().failed(error))).to.deep.include({ type: "source_unreachable", message: "The origin's certificate is not valid for its name." });
  });

  it("end when the time for all of them is over, also in the middle of a wait", async () => {
    const attempts = countAttempts({ ...limits, retryAfterMaxMs: 60_000 }, 20, () => undefined, new AbortController().signal);
    const ended = { type: "source_unreachable", message: "The origin takes too long." };
    expect(await outcome(attempts.failed(new OriginTrouble("answers 503", { retryAfterMs: 60_000 })))).to.deep.include(ended);
    expect(attempts.signal.aborted).to.equal(true);
    attempts.progressed();
    expect(await outcome(attempts.failed(new Error("aborted")))).to.deep.include(ended);
  });

  it("end with the service, in the middle of a wait", async () => {
    const stopping = new AbortController();
    const attempts = countAttempts({ ...limits, retryAfterMaxMs: 60_000 }, 60_000, () => undefined, stopping.signal);
    const failing = outcome(attempts.failed(new OriginTrouble("answers 503", { retryAfterMs: 60_000 })));
    stopping.abort();
    expect(await failing).to.deep.include({ type: "source_unreachable" });
    attempts.end();
  });

  it("leave alone what is still on its way when they are at an end, or have more time than a timer can count", async () => {
    const ended = countAttempts(limits, 20, () => undefined, new AbortController().signal);
    ended.end();
    const long = countAttempts(limits, 1e15, () => undefined, new AbortController().signal);
    await delay(60);
    expect([ended.signal.aborted, long.signal.aborted]).to.deep.equal([false, false]);
    long.end();
  });

  it("do not tell a closed port from a silent one", async () => {
    const messages: (string | undefined)[] = [];
    for (const code of ["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT", "EHOSTUNREACH"]) {
      const attempts = countAttempts({ ...limits, retries: 0 }, 60_000, () => undefined, new AbortController().signal);
      messages.push((await outcome(attempts.failed(Object.assign(new Error(code), { code }))))?.message);
    }
    expect(new Set(messages).size).to.equal(1);
  });
});
