/**
 * Where every log line of a node ends: one line an event, for people or for machines, with the request that it belongs to. Nothing
 * that is logged comes past it, so it is here that lines are scrubbed, bounded and counted.
 */
import { createRequire } from "node:module";
import { styleText } from "node:util";
import { Loggers } from "moleculer";
import type pino from "pino";
import { currentScope } from "../requests/request-scope.ts";
import type { LogLevel } from "../setting-values.ts";
import { openFloodGuard } from "./flood-guard.ts";
import { makeEntry, type LogEntry } from "./log-entry.ts";
import type { Scrub } from "./scrub.ts";

export interface LineLoggerOptions {
  level: LogLevel;
  format: "text" | "json";
  region: string;
  scrub: Scrub;
  colors?: boolean;
  /** Takes a line without its end; for tests. */
  write?: (line: string) => void;
}
interface Bindings { nodeID: string; mod: string }
type Handler = (level: string, args: unknown[]) => void;
/** A line before it is one. */
interface Said extends LogEntry { level: string; node: string; service: string; requestId?: string | undefined; cause?: string | undefined; videoId?: string | undefined }

const LEVELS: readonly string[] = ["fatal", "error", "warn", "info", "debug", "trace"];
/** An operator who wants these wants all of them. */
const UNGUARDED = ["fatal", "debug", "trace"];
/** What Moleculer says of each part and service at every start and stop: seventy lines in which the few that matter are lost. */
const ROUTINE = /^(Metrics: |Strategy: |Discoverer: |Serializer: |Validator: |Transporter: |Namespace: |Registered \d+ middleware|Connecting to the transporter|NATS (client is connected|connection closed)|Waiting for service\(s\) |Service\(s\) '[^']*' are available|'[^']*' service is registered|Service '[^']*' (started|stopped)\.)/;
const VIDEO_ID = /\b[Vv]ideo ([0-9a-z]{26})\b/;
const SHORT_ID = 8;
const COLORS: Readonly<Record<string, "red" | "yellow" | "magenta">> = { fatal: "red", error: "red", warn: "yellow", debug: "magenta", trace: "magenta" };

export class LineLogger extends Loggers.Base<{ level: LogLevel }> {
  readonly #options: LineLoggerOptions;
  readonly #say: (said: Said) => void;
  readonly #guard;
  #node = "";
  #width = 0;

  constructor(options: LineLoggerOptions) {
    super({ level: options.level });
    this.#options = options;
    this.#say = options.format === "json" ? jsonLines(options) : (said) => this.#sayText(said);
    this.#guard = openFloodGuard(({ count, level, mod, msg }) => this.#say({ level, node: this.#node, service: mod, msg: `… ${count} more like this: ${msg}` }));
  }

  override getLogHandler(bindings: Bindings | null): Handler | null {
    if (bindings === null) return null;
    const { scrub, level: least } = this.#options;
    const limit = LEVELS.indexOf(least);
    const service = bindings.mod;
    this.#node = bindings.nodeID;
    this.#width = Math.max(this.#width, service.length);
    return (given, args) => {
      const level = given === "info" && typeof args[0] === "string" && ROUTINE.test(args[0]) ? "debug" : given;
      if (LEVELS.indexOf(level) > limit) return;
      const entry = makeEntry(args, scrub);
      if (!UNGUARDED.includes(level) && !this.#guard.admit(level, service, entry.msg)) return;
      const scope = currentScope();
      this.#say({ level, node: bindings.nodeID, service, requestId: scope?.requestId, cause: scope?.cause, videoId: VIDEO_ID.exec(entry.msg)?.[1] ?? scope?.videoId, ...entry });
    };
  }

  override stop(): void {
    this.#guard.flush();
    return super.stop(); // a promise, whatever its types say: the broker waits for it
  }

  #sayText({ level, service, requestId, msg, err }: Said): void {
    const paint = (color: Parameters<typeof styleText>[0], text: string): string => (this.#options.colors === true ? styleText(color, text, { validateStream: false }) : text);
    const time = paint("gray", `[${new Date().toISOString().slice(11)}]`);
    const error = err === undefined ? "" : [err.message === msg ? "" : ` ${err.message}`, err.stack === undefined ? "" : ` (${err.stack})`].join("");
    const id = requestId === undefined ? "" : ` ${paint("gray", `#${requestId.slice(0, SHORT_ID)}`)}`;
    const line = `${time} ${paint(COLORS[level] ?? "green", level.toUpperCase().padEnd(5))} ${paint("gray", service.toUpperCase().padEnd(this.#width))}: ${msg}${error}${id}`;
    if (this.#options.write !== undefined) this.#options.write(line);
    else if (LEVELS.indexOf(level) <= LEVELS.indexOf("warn")) console.error(line);
    else console.log(line);
  }
}

/** Fields that are always named alike. Pino is loaded by nodes that use it. */
function jsonLines({ region, write }: LineLoggerOptions): (said: Said) => void {
  const { pino: open, stdTimeFunctions } = createRequire(import.meta.url)("pino") as typeof pino & { pino: typeof pino };
  const destination = write === undefined ? undefined : { write: (line: string) => write(line.trimEnd()) };
  const logger = open({ base: null, level: "trace", timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, destination as pino.DestinationStream);
  return ({ level, node, service, requestId, cause, videoId, err, msg }) => logger[level as pino.Level]({ node, region, service, requestId, cause, videoId, ...(err === undefined ? {} : { err: { ...err } }) }, msg);
}
