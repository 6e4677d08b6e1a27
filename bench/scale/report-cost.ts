/** What a report costs on its way: bytes as NATS carries it, and processor time of its sender and of its receiver, sealed as in a mesh. */
import { randomBytes } from "node:crypto";
import { ServiceBroker, type Context } from "moleculer";
import { busSeal } from "../../config/bus-seal.ts";
import { LOAD_REPORTED, parseLoadReport, type LoadReport } from "../../config/placement/load-report.ts";
import { openLoadBook } from "../../config/placement/load-book.ts";
import { sealedBus } from "../../config/middlewares/sealed-bus.ts";

export interface ReportCost { bytes: number; /** Of sending it to one node, and of taking it in, together. */ cpuMs: number }

const REPORTS = 4_000;
/** `MSG <subject> <sid> <size>` and line ends. */
const FRAME_BYTES = 60;

export async function measureReportCost(): Promise<ReportCost> {
  const secret = randomBytes(32).toString("hex");
  let [bytes, sent, taken] = [0, 0, 0];
  const book = openLoadBook();
  const open = (nodeID: string): ServiceBroker => {
    const bus = sealedBus(busSeal(secret, "bench"));
    const meter = { name: "Meter", transporterSend: (next: (topic: string, data: Buffer, about: object) => Promise<void>) => async (topic: string, data: Buffer, about: object) => {
      bytes += data.length + FRAME_BYTES;
      sent++;
      await next(topic, data, about);
    } };
    return new ServiceBroker({ nodeID, namespace: "bench", logger: false, transporter: "Fake", serializer: "CBOR", heartbeatInterval: 3_600, middlewares: [bus, meter as object] });
  };
  const [one, other] = [open("lectern-transcoder-7d9f5b-x2x4z"), open("lectern-gateway-6c8f7d-q9w2e")];
  other.createService({ name: "$load", events: { [LOAD_REPORTED](ctx: Context) {
    const report = parseLoadReport(ctx.params);
    if (report !== undefined && ctx.nodeID !== null) book.reported(ctx.nodeID, report);
    taken++;
  } } });
  await Promise.all([one.start(), other.start()]);
  await one.waitForServices("$load", 5_000).catch(() => undefined); // such names are in no list
  while (one.registry.events.getAllEndpoints(LOAD_REPORTED).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  [bytes, sent] = [0, 0];
  const before = process.cpuUsage();
  const report: LoadReport = { slots: 4, play: 2, background: 1, waiting: 0, ownCpu: 0.6123, machineCpu: 0.7321, speed: 61.23, accepting: true };
  for (let n = 0; n < REPORTS; n++) await one.broadcast(LOAD_REPORTED, report);
  while (taken < REPORTS) await new Promise((resolve) => setTimeout(resolve, 5));
  const { user, system } = process.cpuUsage(before);
  await Promise.all([one.stop(), other.stop()]);
  return { bytes: bytes / Math.max(1, sent), cpuMs: (user + system) / 1000 / REPORTS };
}
