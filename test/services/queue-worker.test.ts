/** The region's queue on a real Redis: what reaches the workers, and what does not any more. */
import { Queue } from "bullmq";
import { expect } from "chai";
import { openChunkQueue, openChunkWorkers, type ChunkQueue, type ChunkWorkerOptions, type ChunkWorkers } from "../../mixins/queue-worker.ts";
import type { ChunkParams, Lane } from "../../services/transcoder/transcoder.contract.ts";
import { eventually } from "../support/eventually.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

describe("the queue of chunks", () => {
  const { logger } = quietBroker();
  let queue: ChunkQueue;
  let workers: ChunkWorkers | undefined;
  let redisUrl: string;
  let prefix: string;
  let ran: number[];

  beforeEach(async () => {
    redisUrl = (await sharedRedis()).url;
    prefix = freshNamespace();
    ran = [];
    queue = openChunkQueue(redisUrl, prefix, logger);
  });
  afterEach(async () => {
    await workers?.close();
    workers = undefined;
    await queue.close();
  });

  const chunk = (lane: Lane, first: number): ChunkParams => ({ videoId: "v", renditions: ["360p"], first, last: first, lane });
  const work = (options: Partial<ChunkWorkerOptions> = {}): void => {
    workers = openChunkWorkers({
      redisUrl, prefix, logger, concurrency: { play: 1, normal: 1, bulk: 1 }, isAway: () => false, isComing: () => false, onPoison: () => undefined,
      run: async ({ first }) => { ran.push(first); }, ...options,
    });
  };
  /** As `add`, with a past. */
  const addOld = async (lane: Lane, first: number, ageMs: number): Promise<void> => {
    const { hostname: host, port } = new URL(redisUrl);
    const old = new Queue(lane, { prefix, connection: { host, port: Number(port) } });
    await old.add("chunk", chunk(lane, first), { timestamp: Date.now() - ageMs, removeOnComplete: true });
    await old.close();
  };
  const isEmpty = async (): Promise<boolean> => Object.values(await queue.counts()).every(({ waiting, active }) => waiting + active === 0);

  it("gives each chunk to a worker once, by priority", async () => {
    await queue.add("normal", [3, 1, 2].map((first) => ({ id: `c-${first}`, chunk: chunk("normal", first), priority: first })));
    await queue.add("normal", [{ id: "c-2", chunk: chunk("normal", 2), priority: 2 }]);
    work();
    await eventually(isEmpty);
    expect(ran).to.deep.equal([1, 2, 3]);
  });

  it("drops what viewers were to watch when they are past it, and nothing else", async () => {
    await addOld("play", 1, 60_000);
    await addOld("play", 2, 1_000);
    await addOld("normal", 3, 60_000);
    work();
    await eventually(isEmpty);
    expect(ran.toSorted()).to.deep.equal([2, 3]);
  });

  it("lets what has yet to arrive wait, and others go first, however old it is; what is away only for an hour", async () => {
    const fates = new Map([[1, "coming"], [2, "away"]]);
    await addOld("normal", 1, 3 * 3_600_000);
    await addOld("normal", 2, 3 * 3_600_000);
    await addOld("normal", 3, 0);
    const poison: number[] = [];
    work({
      run: async ({ first }) => {
        ran.push(first);
        if (fates.has(first)) throw new Error(fates.get(first));
      },
      isComing: (error) => String(error) === "Error: coming", isAway: (error) => String(error) === "Error: away", onPoison: ({ first }) => poison.push(first),
    });
    await eventually(() => ran.includes(3) && poison.length > 0);
    expect(poison).to.deep.equal([2]);
    expect((await queue.counts()).normal).to.deep.equal({ waiting: 1, active: 0, failed: 1 });
    fates.clear();
    await eventually(isEmpty);
    expect(ran.filter((first) => first === 1)).to.have.length(2);
  });
});
