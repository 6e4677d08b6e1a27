/** The receipt of a deletion in the audit log. */
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { setAuditSink, type AuditEntry, type AuditSink } from "../../config/audit-sink.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

describe("the erasure of a video", () => {
  let store: ReturnType<typeof memoryStore>;
  let broker: ServiceBroker;
  let receipts: { entry: AuditEntry; objects: string[] }[];
  let isAway: boolean;

  beforeEach(async () => {
    store = memoryStore();
    [receipts, isAway] = [[], false];
    broker = quietBroker();
    broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
    broker.createService({ name: "source", actions: { forget: () => null } });
    setAuditSink(broker, {
      append(entry) {
        receipts.push({ entry, objects: [...store.objects.keys()] });
        return { seq: 0, durable: isAway ? Promise.reject(new Error("the store is away")) : Promise.resolve() };
      },
    } as AuditSink);
    broker.createService(videosService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace() }));
    await broker.start();
  });
  afterEach(() => broker.stop());

  const submit = (): Promise<VideoView> => broker.call("videos.submit", { source: sourceAt("https://media.example/a.mp4") });

  it("is said in the log when nothing of it is there any more", async () => {
    const { id } = await submit();
    await broker.call("videos.remove", { id });
    expect(receipts.map(({ entry }) => entry)).to.deep.equal([{ type: "erasure", who: { subject: "node" }, target: { video: id }, result: "ok" }]);
    expect(receipts[0]?.objects.filter((key) => key.startsWith("videos/"))).to.deep.equal([]);
  });

  it("does not hang on its receipt", async () => {
    isAway = true;
    const { id } = await submit();
    await broker.call("videos.remove", { id });
    expect((await broker.call<VideoView, object>("videos.get", { id })).status).to.equal("deleted");
  });
});
