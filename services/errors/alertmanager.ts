/** Posts groups of errors to one or more Alertmanagers, again and again, as they want it. What they do not take is posted in the next round. */
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { outOfScope } from "../../config/requests/request-scope.ts";
import type { Clock } from "../../mixins/clock.ts";
import { alertsOf } from "./alerts.ts";
import type { ErrorView } from "./errors.contract.ts";

export interface AlertmanagerPorts {
  /** With a user name and password in it, if they are asked for. */
  urls: readonly string[];
  region: string;
  /** Of the gateway. */
  base: string | undefined;
  groups(): Promise<ErrorView[]>;
  clock: Clock;
  logger: Pick<Logger, "warn" | "info" | "debug">;
}

const EVERY_MS = 60_000;
/** What is news goes at once, but not each by itself. */
const SOON_MS = 1_000;
const AT_ONCE = 100;
const ANSWER_MS = 10_000;

export function openAlertmanager({ urls, region, base, groups, clock, logger }: AlertmanagerPorts) {
  const targets = urls.map(parseTarget);
  const away = new Set<string>();
  let [closed, cancel] = [false, (): void => undefined];
  let soon: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();

  async function post({ url, headers, shown }: Target, body: string): Promise<void> {
    try {
      const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body, redirect: "error", signal: AbortSignal.timeout(ANSWER_MS) });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      if (away.delete(shown)) logger.info(`Alertmanager ${shown} takes alerts again.`);
    } catch (error) {
      if (!away.has(shown)) logger.warn(`Alertmanager ${shown} takes no alerts: ${errorMessage(error)}`);
      away.add(shown);
    }
  }

  async function round(): Promise<void> {
    try {
      const alerts = alertsOf(await groups(), region, clock.date(), base);
      for (let from = 0; from < alerts.length && !closed; from += AT_ONCE) {
        const body = JSON.stringify(alerts.slice(from, from + AT_ONCE));
        await Promise.all(targets.map((target) => post(target, body)));
      }
    } catch (error) {
      logger.debug(`No alerts are posted: ${errorMessage(error)}`); // Redis is away
    }
  }

  function plan(ms: number): void {
    cancel = clock.after(ms, () => {
      running = running.then(round).finally(() => { if (!closed) plan(EVERY_MS); });
    });
  }

  plan(SOON_MS);
  return {
    /** A group is news, or its state was changed. */
    look(): void {
      soon ??= outOfScope(() => clock.after(SOON_MS, () => {
        soon = undefined;
        running = running.then(round);
      }));
    },
    async close(): Promise<void> {
      closed = true;
      cancel();
      soon?.();
      await running;
    },
  };
}

export type Alertmanager = ReturnType<typeof openAlertmanager>;

/** `shown`: for logs, without a password. */
interface Target { url: string; shown: string; headers: Record<string, string> }

function parseTarget(text: string): Target {
  const url = new URL(text);
  const { username, password } = url;
  [url.username, url.password, url.search, url.hash] = ["", "", "", ""];
  const shown = url.href;
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v2/alerts`;
  return { url: url.href, shown, headers: username === "" ? {} : { Authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}` } };
}
