/**
 * Answers a segment that is in this process' memory at once, as soon as the request is read: nothing is waited for, and neither
 * moleculer-web nor a call takes part. What is not at hand, who has to be asked about, and what is traced goes the long way, as if
 * this had not been.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import type { MetricWriter } from "../../config/metrics/register-metrics.ts";
import { inScope } from "../../config/requests/request-scope.ts";
import type { Spent } from "../../mixins/play-spent.ts";
import { segmentsAtHand, type AskedSegment } from "../../mixins/segments-at-hand.ts";
import { letIn, recognize, type Door } from "./access/door.ts";
import { countAnswer } from "./answer-meter.ts";
import { isTraced } from "./answer-trace.ts";
import type { Route } from "./exchange.ts";
import { MEDIA_HEADERS, PLAY_HEADERS, SAFE_HEADERS } from "./play-headers.ts";
import { noteFirstPlay, timePlay } from "./play-timing.ts";
import { countPlayerWords } from "./player-words.ts";
import { requestIdOf } from "./request-ids.ts";

export interface AtHandNeeds {
  broker: ServiceBroker;
  /** What the answers count as. */
  route: Route;
  door: Door;
  metrics: MetricWriter<"gateway">;
  /** Answers a request that is refused. */
  refuse(req: IncomingMessage, res: ServerResponse, error: unknown): void;
}

/** In the one spelling that playlists use; any other is the routes' to judge. */
const PATH = /^\/play\/([0-9a-z]{26})\/([A-Za-z0-9_-]{1,32})\/(?:init\.mp4|(0|[1-9]\d{0,6})\.m4s)(?:\?|$)/;

const HEADERS = { ...SAFE_HEADERS, ...PLAY_HEADERS };

/** @returns whether it answers; else nothing was done, and nothing counted */
export function openAtHand({ broker, route, door, metrics, refuse }: AtHandNeeds): (req: IncomingMessage, res: ServerResponse) => boolean {
  const atHand = segmentsAtHand(broker);
  return (req, res) => {
    if (req.method !== "GET" && req.method !== "HEAD") return false;
    const asked = parseAsked(req.url ?? "");
    if (asked === undefined || isTraced(broker, req)) return false;
    const startedAt = performance.now();
    const recognized = recognize(route, door, req, asked.id);
    const found = recognized === undefined ? undefined : atHand.find(recognized.caller, asked);
    if (recognized === undefined || found === undefined) return false;

    const requestId = requestIdOf(req);
    countAnswer(metrics, route, res);
    try {
      letIn(route, door, req, res, recognized);
    } catch (error) {
      for (const [name, value] of Object.entries({ ...HEADERS, "X-Request-Id": requestId })) res.setHeader(name, value);
      refuse(req, res, error);
      return true;
    }
    countPlayerWords(metrics, req);
    const durationMs = performance.now() - startedAt;
    inScope({ requestId, videoId: asked.id }, () => found.answered(durationMs));
    const spent: Spent = { mode: found.mode, plan: durationMs };
    const timed = { spent: () => spent, startedAt, metrics };
    if (asked.segment === 0) noteFirstPlay(timed, "memory");
    res.writeHead(200, {
      ...HEADERS, ...MEDIA_HEADERS, "X-Request-Id": requestId, ...timePlay(timed, "segment", "memory"), "Content-Length": found.bytes.byteLength,
    });
    res.end(found.bytes);
    return true;
  };
}

function parseAsked(url: string): AskedSegment | undefined {
  const match = PATH.exec(url);
  if (match === null) return undefined;
  const [, id = "", rendition = "", number] = match;
  return { id, rendition, segment: number === undefined ? "init" : Number(number) };
}
