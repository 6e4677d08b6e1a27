import { expect } from "chai";
import { inScope, currentScope } from "../../../../config/requests/request-scope.ts";
import type { Span } from "../../../../config/tracing/span.ts";
import { openTokenBucket } from "../../../../config/tracing/token-bucket.ts";
import { openTraceBook } from "../../../../config/tracing/trace-book.ts";
import { openTracer, spanned, traced } from "../../../../config/tracing/tracer.ts";

const span = (name: string, more: Partial<Span> = {}): Span => ({ id: name, name, kind: "internal", startMs: 1, durationMs: 1, tags: {}, ...more });

describe("the book of traces", () => {
  it("tells of what is kept, also of what came before and after", () => {
    const told: string[] = [];
    const book = openTraceBook({ onKept: (requestId, { name }) => told.push(`${requestId} ${name}`) });
    book.add("a", span("before"));
    book.add("b", span("other"));
    book.keep("a", "failed");
    book.add("a", span("after"));
    expect(told).to.deep.equal(["a before", "a after"]);
    expect(book.find("a")?.why).to.equal("failed");
    expect(book.find("b")?.why).to.equal(undefined);
  });

  it("has its bounds, however many requests there are and however many steps one has", () => {
    const book = openTraceBook({ maxRecent: 100, maxKept: 50, maxOfTrace: 10 });
    for (let n = 0; n < 1_000; n++) {
      for (let step = 0; step < 20; step++) book.add(`r${n}`, span("s"));
      if (n % 2 === 0) book.keep(`r${n}`, "slow");
      expect(book.size()).to.be.at.most(150);
    }
    for (let n = 0; n < 10_000; n++) book.keep(`empty${n}`, "sampled");
    expect(book.size()).to.be.at.most(150);
    expect(book.find("r999")).to.deep.include({ lost: 10 });
    expect(book.find("r0")).to.equal(undefined);
  });

  it("keeps what failed when everything else is pushed out by what went well", () => {
    const book = openTraceBook({ maxRecent: 100 });
    book.add("bad", span("s"));
    book.keep("bad", "failed");
    for (let n = 0; n < 1_000; n++) book.add(`good${n}`, span("s"));
    expect(book.find("bad")?.spans).to.have.length(1);
  });

  it("finds the work in the background that goes back to a request", () => {
    const book = openTraceBook();
    book.add("job", span("queue.job", { link: { requestId: "post", spanId: "x" } }));
    expect([book.causedBy("post", 10), book.causedBy("job", 10)]).to.deep.equal([["job"], []]);
  });
});

describe("traced", () => {
  const tracer = openTracer(0, () => undefined);
  const trace = { tracer, spanId: "root", kept: false };

  it("notes each step within the one that it belongs to, with the code of its error and not its words", async () => {
    await spanned({ requestId: "r1", trace }, { name: "outer", id: "o" }, () => traced("inner", { n: 1 }, () => Promise.reject(new TypeError("geheim")))).catch(() => undefined);
    expect(tracer.book.find("r1")?.spans.map(({ name, parentId, error, tags }) => [name, parentId, error, tags])).to.deep.equal([["inner", "o", "TypeError", { n: 1 }], ["outer", undefined, "TypeError", {}]]);
  });

  it("just does the work where nothing is traced", async () => {
    expect(await inScope({ requestId: "r2" }, () => traced("step", {}, () => currentScope()?.requestId))).to.equal("r2");
    expect(tracer.book.find("r2")).to.equal(undefined);
  });
});

describe("a tracer", () => {
  it("keeps of requests the share that it was told, and what is asked for only so often", () => {
    let now = 0;
    const bucket = openTokenBucket(2, 4, () => now);
    const taken = (): number => Array.from({ length: 10 }, () => bucket.take()).filter(Boolean).length;
    expect(taken()).to.equal(4);
    now += 1_000;
    expect(taken()).to.equal(2);
    const never = openTracer(0, () => undefined);
    expect(never.choose(false)).to.equal(undefined);
    expect(Array.from({ length: 100 }, () => never.choose(true)).filter((why) => why === "asked")).to.have.length.within(10, 20);
    const randoms = [0.005, 0.5, 0.009, 0.2];
    const some = openTracer(1, () => undefined, {}, () => randoms.shift() ?? 1);
    expect([1, 2, 3, 4].map(() => some.choose(false))).to.deep.equal(["sampled", undefined, "sampled", undefined]);
  });
});
