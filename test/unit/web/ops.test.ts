/** What the operations page works out by itself. */
import { expect } from "chai";

/** What the page imports; written in JavaScript, because browsers read it as it is. */
interface Format {
  bindUnits(text: string): string;
  findVideoId(text: string): string | undefined;
  formatBytes(bytes: number): string;
  formatCount(n: number): string;
  formatMs(ms: number): string;
  formatRate(n: number): string;
  formatUptime(seconds: number): string;
  plural(n: number, noun: string): string;
}
interface Steps { mergeSteps<S extends { at: number }>(known: S[], more: S[]): S[]; stackRows(rows: (number | null)[][]): number[][] }
interface Stream { followEvents(path: string, onEvent: () => void, onLine: (line: { open: boolean }) => void): { close(): void }; parseEvent(block: string): { type: string; id?: string; data?: string } }
const load = async <T>(file: string): Promise<T> => (await import(new URL(`../../../web/${file}`, import.meta.url).href)) as T;
const { bindUnits, findVideoId, formatBytes, formatCount, formatMs, formatRate, formatUptime, plural } = await load<Format>("ops-format.js");
const { mergeSteps, stackRows } = await load<Steps>("ops-steps.js");
const { followEvents, parseEvent } = await load<Stream>("event-stream.js");
const { giveOrder } = await load<{ giveOrder(button: { disabled: boolean }, path: string, onFault: (fault: string) => void): Promise<boolean> }>("orders.js");
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("operations page", () => {
  it("says figures as people do", () => {
    expect([0, 42.4, 999, 1_000, 1_240, 12_100, 59_400, 61_000, 942_000, 3_720_000, -1].map((ms) => plain(formatMs(ms)))).to.deep.equal(["0 ms", "42 ms", "999 ms", "1 s", "1.2 s", "12 s", "59 s", "1 min 01 s", "15 min 42 s", "1 h 02 min", "> 8 s"]);
    expect([0, 0.4, 999, 1_500, 78.7e6, 250e6, 3.2e12].map((bytes) => plain(formatBytes(bytes)))).to.deep.equal(["0 B", "0 B", "999 B", "1.5 kB", "78.7 MB", "250 MB", "3.2 TB"]);
    expect([7, 9_999, 12_345, 120_000].map((n) => plain(formatCount(n)))).to.deep.equal(["7", "9999", "12.3 k", "120 k"]);
    expect([0, 0.25, 5, 56.4].map((n) => plain(formatRate(n)))).to.deep.equal(["0", "0.3", "5", "56"]);
    expect([5, 600, 8_423, 300_000].map((seconds) => plain(formatUptime(seconds)))).to.deep.equal(["5 s", "10 min", "2 h", "3 days"]);
    expect([plural(1, "node"), plural(2, "node")]).to.deep.equal(["1 node", "2 nodes"]);
    expect(bindUnits("lane play waits 12 s in eu, 3 slots busy")).to.equal("lane play waits 12\u00a0s in eu, 3 slots busy");
  });

  it("finds a video's id in what is pasted, and none where there is none", () => {
    const id = "01arz3ndektsv4rrffq69g5fav";
    for (const text of [id, ` ${id}\n`, `https://v.example/watch/${id}`, `/play/${id}/master.m3u8?x=1`]) expect(findVideoId(text), text).to.equal(id);
    for (const text of ["", "lecture", id.slice(1), `${id}0`, "constructor"]) expect(findVideoId(text), text).to.equal(undefined);
  });

  it("keeps twenty minutes of steps, each once", () => {
    const steps = (...at: number[]): { at: number }[] => at.map((value) => ({ at: value }));
    expect(mergeSteps(steps(1, 2), steps(1, 2, 3))).to.deep.equal(steps(1, 2, 3));
    expect(mergeSteps([], steps(...Array.from({ length: 500 }, (_, i) => i)))).to.have.lengthOf(130).and.to.deep.include({ at: 499 });
    expect(mergeSteps(steps(1_000, 2_000), steps(1_202_000, 1_203_000)), "after a while without a look").to.deep.equal(steps(1_202_000, 1_203_000));
  });

  it("stacks curves", () => {
    expect(stackRows([[1, 2, null], [3, null, 5]])).to.deep.equal([[1, 2, 0], [4, 2, 5]]);
    expect(stackRows([])).to.deep.equal([]);
  });

  describe("the line to the mesh", () => {
    const before = { fetch: globalThis.fetch, document: Reflect.get(globalThis, "document") as unknown, addEventListener: Reflect.get(globalThis, "addEventListener") as unknown, removeEventListener: Reflect.get(globalThis, "removeEventListener") as unknown };
    afterEach(() => { Object.assign(globalThis, before); });

    it("is given up, and tried anew, when nobody answers on it", async () => {
      const [asked, lines, alarms] = [[] as AbortSignal[], [] as boolean[], [] as (() => void)[]];
      const ignore = (): void => undefined;
      const realTimeout = globalThis.setTimeout;
      const stub = { hidden: false, addEventListener: ignore, removeEventListener: ignore };
      Object.assign(globalThis, {
        document: stub, addEventListener: ignore, removeEventListener: ignore,
        fetch: (_: URL, { signal }: { signal: AbortSignal }) => new Promise((_resolve, reject) => {
          asked.push(signal);
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
        setTimeout: (work: () => void) => { alarms.push(work); return 0; },
      });
      try {
        const line = followEvents("v1/ops/events", ignore, ({ open }) => lines.push(open));
        expect(asked).to.have.length(1);
        alarms.shift()?.(); // the answer's time is over
        await new Promise((resolve) => { setImmediate(resolve); });
        expect([asked[0]?.aborted, lines]).to.deep.equal([true, [false]]);
        alarms.shift()?.(); // the pause as well
        expect(asked).to.have.length(2);
        line.close();
      } finally {
        globalThis.setTimeout = realTimeout;
      }
    });
  });

  it("says of an order whether it was done", async () => {
    const [{ fetch }, faults] = [globalThis, [] as string[]];
    const give = () => giveOrder({ disabled: false }, "v1/errors/1/resolve", (fault) => faults.push(fault));
    try {
      globalThis.fetch = () => Promise.resolve(new Response("{}", { status: 200 }));
      expect(await give()).to.equal(true);
      globalThis.fetch = () => Promise.resolve(new Response('{"detail":"You may not."}', { status: 403 }));
      expect(await give()).to.equal(false);
      expect(faults).to.deep.equal(["You may not."]);
    } finally {
      globalThis.fetch = fetch;
    }
  });

  it("reads events as they stand in a stream", () => {
    expect(parseEvent("id: 20\nevent: overview\ndata: {\"a\":1}")).to.deep.equal({ type: "overview", id: "20", data: '{"a":1}' });
    expect(parseEvent(": ping")).to.deep.equal({ type: "message", id: undefined, data: undefined });
    expect(parseEvent("data:one\ndata: two")).to.deep.equal({ type: "message", id: undefined, data: "one\ntwo" });
  });
});
