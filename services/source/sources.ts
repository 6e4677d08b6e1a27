/** The sources this node has open: by URL or upload, each once per version. */
import { setTimeout as delay } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { fail } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import type { BlockCache } from "./blocks/block-cache.ts";
import type { BlockReader, OpenedSource } from "./blocks/block-reader.ts";
import type { HttpSources } from "./origin/http-source.ts";
import type { PostedUrl } from "../../mixins/guarded-dial/public-url.ts";
import { addressKey, uploadKey } from "./source-keys.ts";
import { MAX_READ_BYTES, type ArrivalParams, type ArrivalResult, type ReadParams, type SourceFacts, type SourceRef, type UrlSource } from "./source.contract.ts";
import { parseVersion } from "./source-version.ts";
import type { UploadArrivals } from "./uploads/upload-arrivals.ts";
import type { UploadSources } from "./uploads/upload-sources.ts";

const MAX_OPEN = 500;
/** Opening again within this time asks nobody. */
const FRESH_MS = 10_000;
/** How often who waits for a file that is read through looks how far it is. */
const LOOK_MS = 100;

export interface Sources {
  open(source: SourceRef): Promise<SourceFacts>;
  read(params: ReadParams): Promise<Buffer>;
  /** The same for another node of the region, which has not got it. */
  readOwn(params: ReadParams): Promise<Buffer>;
  /** Waits for so much of what still arrives. @throws upload_incomplete, overloaded */
  arrival(params: ArrivalParams): Promise<ArrivalResult>;
  /** Drops what this node holds of the source with this key. */
  forget(key: string): Promise<void>;
  keyOf(source: SourceRef): string;
}

export interface SourcesOptions {
  http: HttpSources;
  uploads: UploadSources;
  arrivals: UploadArrivals;
  cache: BlockCache;
  reader: BlockReader;
  /** The one reading of URLs, so that two spellings of one address are one source. @throws bad_url, source_refused */
  parse: (source: UrlSource) => PostedUrl;
}

export function openSources({ http, uploads, arrivals, cache, reader, parse }: SourcesOptions): Sources {
  /** The last opening of each source; `at`: when it ended, for ever until then. */
  const latest = new LRUCache<string, { opened: Promise<OpenedSource>; at: number }>(upTo(MAX_OPEN));
  const byVersion = new LRUCache<string, Promise<OpenedSource>>(upTo(MAX_OPEN));

  async function openAnew(source: SourceRef, key: string, before: Promise<OpenedSource> | undefined): Promise<OpenedSource> {
    if (source.kind === "upload") return await uploads.open(source.uploadId);
    const known = await before?.catch(() => undefined); // an opening that failed tells nothing
    const opened = await http.open(parse(source), known);
    byVersion.set(`${key} ${opened.version}`, Promise.resolve(opened));
    return opened;
  }

  function openOnce(source: SourceRef): Promise<OpenedSource> {
    const key = openingKey(source);
    const last = latest.get(key);
    if (last !== undefined && Date.now() - last.at < FRESH_MS) return last.opened;
    const opened = openAnew(source, key, last?.opened);
    const entry = { opened, at: Infinity };
    latest.set(key, entry);
    opened.then(
      () => { entry.at = Date.now(); },
      () => {
        if (latest.get(key) === entry) latest.delete(key); // the next one tries for itself
      },
    );
    return opened;
  }

  async function getVersion(source: SourceRef, version: string): Promise<OpenedSource> {
    return source.kind === "upload" ? await uploads.resume(source.uploadId, version) : http.resume(parse(source), version);
  }

  /** Of what still arrives. */
  async function findArrived(source: SourceRef, { version, supply }: OpenedSource): Promise<number | undefined> {
    if (source.kind === "url") return supply.arrived?.();
    if (parseVersion(version).kind !== "arriving") return undefined;
    const { finished, arrived } = await arrivals.look(source.uploadId);
    return finished === undefined ? arrived : undefined;
  }

  /** What this node is not reading through is there, or another node's affair, which takes its time to answer. */
  async function awaitPassage({ source, version, bytes, waitMs }: ArrivalParams): Promise<number> {
    const opened = await byVersion.get(idOf(source, version))?.catch(() => undefined);
    const until = performance.now() + waitMs;
    for (;;) {
      const arrived = opened?.supply.arrived?.() ?? bytes;
      const left = until - performance.now();
      if (arrived >= bytes || left <= 0) return arrived;
      await delay(Math.min(left, LOOK_MS));
    }
  }

  const keyOf = (source: SourceRef): string => (source.kind === "url" ? addressKey(parse(source).url) : uploadKey(source.uploadId));
  /** Begins with the source's key. Whom another list holds for must see for themselves where the address leads. */
  const openingKey = (source: SourceRef): string => `${keyOf(source)} ${source.kind === "url" ? (parse(source).tenant ?? "") : ""}`;
  const idOf = (source: SourceRef, version: string): string => `${openingKey(source)} ${version}`;

  async function readFrom({ source, version, start, end, ahead }: ReadParams, read: BlockReader["read"]): Promise<Buffer> {
    const id = idOf(source, version);
    let opening = byVersion.get(id);
    if (opening === undefined) {
      opening = getVersion(source, version);
      byVersion.set(id, opening);
      opening.catch(() => byVersion.delete(id));
    }
    const opened = await opening;
    if (opened.version !== version) throw fail("source_changed", "The source has no such version.");
    if (end - start > MAX_READ_BYTES) throw fail("bad_request", `A read may be ${MAX_READ_BYTES} bytes long, not ${end - start}.`);
    const last = Math.min(end, opened.size);
    return start < last ? await read(opened, start, last, ahead) : Buffer.alloc(0);
  }

  return {
    async open(source) {
      const opened = await openOnce(source);
      const { size, version, contentType } = opened;
      const arrived = await findArrived(source, opened);
      return { size, version, ...(contentType === undefined ? {} : { contentType }), ...(arrived === undefined ? {} : { arrived }) };
    },
    async arrival(params) {
      const { source, bytes, waitMs } = params;
      return { arrived: source.kind === "url" ? await awaitPassage(params) : (await arrivals.wait(source.uploadId, bytes, waitMs)).arrived };
    },
    read: async (params) => await readFrom(params, reader.read),
    readOwn: async (params) => await readFrom(params, reader.readOwn),
    async forget(key) {
      for (const known of [latest, byVersion]) for (const id of known.keys()) if (id.startsWith(key)) known.delete(id);
      await cache.forget(key);
    },
    keyOf,
  };
}
