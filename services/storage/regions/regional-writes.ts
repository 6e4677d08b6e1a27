/**
 * Writes that other regions get, too. The own store decides who creates an object; then regions that would go on with the
 * video are sent what cannot be made again, while its writer waits; the rest follows, each unit under a durable mark.
 */
import type { Logger } from "moleculer";
import { errorMessage, fail } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import type { Regions } from "../../../config/regions.ts";
import type { ObjectStore } from "../object-store.ts";
import type { PutResult, RecordPlace } from "../storage.contract.ts";
import { takeBackIfDeleted } from "./copy-object.ts";
import { keepers, parsePlace, type Placements } from "./placements.ts";
import type { RegionLink } from "./region-link.ts";
import { findRule, findUnit, keyElsewhere, type Rule } from "./replication-rules.ts";
import type { Replicator } from "./replicator.ts";
import { findUnitKey, sendUnitKey } from "./unit-key-copies.ts";

export interface WriteOptions {
  own: ObjectStore;
  regions: Pick<Regions, "own" | "others" | "sync" | "syncWaitMs" | "whenAway" | "media">;
  links: readonly RegionLink[];
  replicators: ReadonlyMap<string, Replicator>;
  placements: Placements;
  onSync(region: string, result: "copied" | "away" | "late"): void;
  logger: Pick<Logger, "warn">;
}

export function regionalWrites({ own, regions, links, replicators, placements, onSync, logger }: WriteOptions) {
  const ownName = regions.own.name;
  const everybody = links.map(({ region }) => region.name);
  const syncCount = regions.sync === "all" ? everybody.length : regions.sync;
  /** Claims on their way: the record that follows waits for them, so that a post pays for one round trip and not for two. */
  const claimsUnderWay = new Set<Promise<string[]>>();

  async function placeOf({ videoId }: Rule, given: RecordPlace | undefined): Promise<string[] | undefined> {
    if (given !== undefined) return keepers({ ...given, worker: given.home, changes: 0 }, ownName);
    const placement = videoId === undefined ? undefined : await placements.find(videoId);
    return placement === undefined ? undefined : keepers(placement, ownName);
  }

  /** Regions that an object goes to. Of a video that is not known here: where a new one's would. */
  function targetsOf(rule: Rule, standing: readonly string[]): readonly string[] {
    if (rule.reach === "all" || (rule.reach === "media" && regions.media === "all")) return everybody;
    return rule.reach === "media" && regions.media === "none" && rule.urgency === 2 ? [] : standing;
  }

  /** @param unitKey of an encrypted unit's first object: goes with it, and where that is not taken the object is of no use */
  async function sendNow(name: string, key: string, bytes: Uint8Array, rule: Rule, unitKey: Buffer | undefined): Promise<string[]> {
    const link = links.find(({ region }) => region.name === name);
    if (link === undefined || link.isAway()) {
      onSync(name, "away");
      return [];
    }
    const copy = keyElsewhere(key, ownName);
    try {
      await link.use(async (store) => {
        const [isReadable, { stored }] = await Promise.all([unitKey === undefined || sendUnitKey(store, rule.unit, unitKey), store.put(copy, bytes, { ifAbsent: true })]);
        if (isReadable) return;
        if (stored) await store.remove(copy);
        throw fail("conflict", "it begins there, too, under another key");
      }, regions.syncWaitMs);
      onSync(name, "copied");
      // One more round trip, for which nobody waits: who could have deleted it has no answer yet.
      void link.use((store) => takeBackIfDeleted(store, copy), regions.syncWaitMs).catch(() => replicators.get(name)?.add(rule.unit, rule.urgency));
      return [name];
    } catch (error) {
      onSync(name, "late");
      logger.warn(`${key} is not in ${name} yet: ${errorMessage(error)}`);
      return [];
    }
  }

  async function sendToAll(names: readonly string[], key: string, bytes: Uint8Array, rule: Rule, unitKey: Promise<Buffer | undefined>): Promise<string[]> {
    const sent = await unitKey;
    return (await Promise.all(names.map((name) => sendNow(name, key, bytes, rule, sent)))).flat();
  }

  /** The nearest that can be reached, else the nearest. */
  function nearest(): string[] {
    const away = links.filter((link) => link.isAway()).map(({ region }) => region.name);
    return [...everybody.filter((name) => !away.includes(name)), ...away].slice(0, Math.max(1, syncCount));
  }

  /** Regions that a new record should name. */
  function chooseStandby(): string[] {
    if (regions.whenAway === "refuse" && links.filter((link) => !link.isAway()).length < syncCount) throw tooFew();
    return nearest();
  }

  const tooFew = (): Error => fail("region_unavailable", "Too few other regions can be reached to keep the record safe.", { retryAfterSec: 5 });

  /** Holds the unit's mark in every target while `write` runs; what `write` says was changed is copied to the targets it names. */
  async function marked<T>(unit: string, targets: readonly string[], write: () => Promise<T>): Promise<T> {
    const holds = await Promise.allSettled(targets.map(async (name) => await replicators.get(name)?.hold(unit)));
    try {
      for (const hold of holds) if (hold.status === "rejected") throw hold.reason;
      return await write();
    } finally {
      for (const hold of holds) if (hold.status === "fulfilled") hold.value?.();
    }
  }

  async function put(key: string, bytes: Uint8Array, { ifAbsent = false, place, ...lock }: { ifAbsent?: boolean; keepUntil?: number; place?: RecordPlace } = {}): Promise<PutResult> {
    const rule = findRule(key);
    if (rule === undefined) return await own.put(key, bytes, { ifAbsent, ...lock });
    const isRecord = rule.videoId !== undefined && key === objectKeys.record(rule.videoId);
    const given = place ?? (isRecord ? parsePlace(bytes, ownName) : undefined);
    const standing = (await placeOf(rule, given)) ?? nearest();
    const targets = targetsOf(rule, standing);
    const waited = rule.sync ? standing.slice(0, syncCount) : [];
    const unitKey = waited.length === 0 ? Promise.resolve(undefined) : findUnitKey(own, rule.unit); // read beside the write
    unitKey.catch(() => undefined); // until it is waited for
    const sentBefore = isRecord && regions.whenAway === "refuse" ? await sendToAll(waited, key, bytes, rule, unitKey) : [];
    if (isRecord && regions.whenAway === "refuse" && sentBefore.length < waited.length) throw tooFew();
    return await marked(rule.unit, targets, async () => {
      const { stored } = await own.put(key, bytes, { ifAbsent });
      if (!stored) return { stored };
      if (isRecord && given !== undefined && rule.videoId !== undefined) placements.note(rule.videoId, given);
      const sending = sendToAll(waited.filter((name) => !sentBefore.includes(name)), key, bytes, rule, unitKey);
      if (key.startsWith("claims/")) {
        claimsUnderWay.add(sending);
        void sending.finally(() => claimsUnderWay.delete(sending));
        for (const name of targets) replicators.get(name)?.add(rule.unit, rule.urgency, key); // finds it there, or brings it
        return { stored };
      }
      const [copies] = await Promise.all([sending.then((names) => [...sentBefore, ...names]), isRecord ? Promise.all(claimsUnderWay) : undefined]);
      if (isRecord && copies.length < waited.length) logger.warn(`${key} was accepted with ${copies.length} of ${waited.length} copies; the others follow when their regions can be reached.`);
      for (const name of targets) if (!copies.includes(name)) replicators.get(name)?.add(rule.unit, rule.urgency, key);
      return waited.length === 0 ? { stored } : { stored, copies };
    });
  }

  /** After a write or removal that is compared as a whole. */
  async function change<T>(unit: string, targets: readonly string[], write: () => Promise<T>, urgency: Rule["urgency"]): Promise<T> {
    return await marked(unit, targets, async () => {
      const result = await write();
      for (const name of targets) replicators.get(name)?.add(unit, urgency);
      return result;
    });
  }

  async function changeObject<T>(key: string, write: () => Promise<T>): Promise<T> {
    const rule = findRule(key);
    if (rule === undefined || (!rule.unit.endsWith("/") && rule.reach === "all")) return await write(); // see settle-unit.ts
    // Marks of open videos, wherever they were sent: which regions stood by may not be known any more.
    return await change(rule.unit, rule.urgency === 2 ? targetsOf(rule, everybody) : everybody, write, rule.urgency);
  }

  async function changeFolder<T>(folder: string, write: () => Promise<T>): Promise<T> {
    const unit = findUnit(folder);
    return unit === undefined ? await write() : await change(unit, everybody, write, 0);
  }

  const writes: Pick<ObjectStore, "upload" | "remove" | "removePrefix" | "erase"> = {
    async upload(key, source, options) {
      const rule = findRule(key);
      if (rule === undefined) return await own.upload(key, source, options);
      return await change(rule.unit, targetsOf(rule, (await placeOf(rule, undefined)) ?? nearest()), () => own.upload(key, source, options), rule.urgency);
    },
    remove: (key) => changeObject(key, () => own.remove(key)),
    removePrefix: (folder) => changeFolder(folder, () => own.removePrefix(folder)),
    erase: (what) => (what.endsWith("/") ? changeFolder : changeObject)(what, () => own.erase(what)),
  };
  return { ...writes, put, chooseStandby };
}

export type RegionalWrites = ReturnType<typeof regionalWrites>;
