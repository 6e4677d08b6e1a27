/** Groups of errors at a real Alertmanager, and at a server that does not always take them. */
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { failureLedgerOf, noteFailure } from "../../config/failures/note-failure.ts";
import { errorsService } from "../../services/errors/errors.service.ts";
import type { Alert } from "../../services/errors/alerts.ts";
import type { ListErrorsResult } from "../../services/errors/errors.contract.ts";
import { eventually } from "../support/eventually.ts";
import { openHistory } from "../support/history.ts";
import { findFreePort } from "../support/ports.ts";
import { makeTempDir, removeDir, startProcess, type TestProcess } from "../support/processes.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";

const CONFIG = "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n";

describe("errors at Alertmanager", function () {
  this.timeout(60_000);
  let dir: string;
  let alertmanager: TestProcess;
  let url: string;
  let stubborn: Server;
  let broker: ServiceBroker;
  const asked = openHistory<{ path: string | undefined; authorization: string | undefined; alerts: Alert[] }>();

  before(async () => {
    dir = await makeTempDir("alertmanager");
    writeFileSync(join(dir, "config.yml"), CONFIG);
    const port = await findFreePort();
    url = `http://127.0.0.1:${port}`;
    alertmanager = await startProcess("prometheus-alertmanager", [`--config.file=${join(dir, "config.yml")}`, `--storage.path=${dir}`, `--web.listen-address=127.0.0.1:${port}`, "--cluster.listen-address="]);
    await eventually(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok);
    stubborn = createServer((req, res) => {
      let body = "";
      req.setEncoding("utf8").on("data", (text: string) => { body += text; }).on("end", () => {
        asked.add({ path: req.url, authorization: req.headers.authorization, alerts: JSON.parse(body) as Alert[] });
        res.writeHead(503).end("x".repeat(10_000));
      });
    });
    await new Promise<void>((resolve) => stubborn.listen(0, "127.0.0.1", resolve));
    const other = `http://ana:p%40ss@127.0.0.1:${(stubborn.address() as AddressInfo).port}/am/`;
    broker = quietBroker({ nodeID: "one" });
    broker.createService(errorsService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace(), region: "eu", alertmanagerUrls: [other, url] }));
    await broker.start();
  });
  after(async () => {
    await broker.stop();
    await alertmanager.stop();
    stubborn.close();
    stubborn.closeAllConnections();
    await removeDir(dir);
  });

  const tell = async (): Promise<void> => {
    noteFailure(broker, fail("storage_full", "The disk is full."), { action: "storage.put" });
    const ledger = failureLedgerOf(broker);
    await broker.call("errors.tell", ledger.next());
    ledger.heard();
  };
  const active = async (): Promise<Alert[]> => (await (await fetch(`${url}/api/v2/alerts?filter=alertname%3D%22LecternError%22`)).json()) as Alert[];

  it("are alerts as soon as they are news, end when they are resolved, and begin again with the next", async () => {
    await tell();
    const [alert] = await eventually(async () => { const alerts = await active(); return alerts.length > 0 ? alerts : undefined; });
    expect(alert?.labels).to.include({ code: "storage_full", service: "storage", severity: "page", region: "eu" });
    expect(alert?.annotations["summary"]).to.equal("storage.put fails: The disk is full.");
    const { errors: [group] } = await broker.call<ListErrorsResult>("errors.list");
    await broker.call("errors.resolve", { id: group?.id });
    await eventually(async () => (await active()).length === 0);
    await tell();
    await eventually(async () => (await active()).length === 1);
  });

  it("are posted to each of them, with its password, also while another takes none", async () => {
    const { path, authorization, alerts } = await asked.until(() => true);
    expect({ path, authorization }).to.deep.equal({ path: "/am/api/v2/alerts", authorization: `Basic ${Buffer.from("ana:p@ss").toString("base64")}` });
    expect(alerts[0]?.labels["alertname"]).to.equal("LecternError");
  });
});
