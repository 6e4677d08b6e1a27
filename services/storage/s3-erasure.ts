/**
 * Removes objects of a bucket for good. Where the bucket keeps versions an ordinary deletion hides an object behind a delete
 * marker, and no more; so versions are listed, and removed by their ids. Where it keeps none that takes no more requests
 * than an ordinary deletion, but for one that looks for uploads in parts.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { fail, findErrorCode } from "../../config/errors.ts";
import { abortUploads } from "./s3-leftovers.ts";
import { refusedTo, unlessDenied } from "./s3-faults.ts";
import { isLocked } from "./s3-lock.ts";
import { deleteObjects, removeCurrent } from "./s3-removal.ts";
import { keepsVersions, listVersions, NoVersionListing, type Version } from "./s3-versions.ts";
import { NOTHING_ERASED, type EraseResult } from "./storage.contract.ts";

export interface BucketEraser {
  /** As ObjectStore has it; so has `prune`. */
  erase(what: string): Promise<EraseResult>;
  prune(folder: string, check: boolean): Promise<EraseResult>;
}

/** Others may write meanwhile, but not for ever. */
const MAX_PASSES = 20;
/** Of versions that are refused: whether a lock keeps these tells of the others. */
const SAMPLED = 5;
const GONE = ["NoSuchKey", "NoSuchVersion"];

/** @param onNotice is told once when the server has no listing of versions */
export function bucketEraser(client: S3Client, Bucket: string, onNotice: (message: string) => void = () => undefined): BucketEraser {
  let isNoticed = false;

  /** @returns those that a lock keeps @throws erasure_incomplete when anything else does */
  async function removeVersions(versions: readonly Version[]): Promise<Version[]> {
    const doomed = versions.map(({ Key, VersionId }) => ({ Key, ...(VersionId === undefined ? {} : { VersionId }) }));
    const refused = (await unlessDenied("s3:DeleteObjectVersion", deleteObjects(client, Bucket, doomed))).filter(({ Code }) => !GONE.includes(Code ?? ""));
    const strange = refused.find(({ Code }) => Code !== "AccessDenied");
    if (strange !== undefined) throw fail("storage_unavailable", `The object store does not remove versions of objects (${strange.Code ?? "no reason given"}).`);
    const ids = new Set(refused.map(idOf));
    const left = versions.filter((version) => ids.has(idOf(version)));
    const locks = await Promise.all(left.slice(0, SAMPLED).map((version) => isLocked(client, Bucket, version)));
    if (locks.includes(false)) throw refusedTo("This node may not remove versions of objects (s3:DeleteObjectVersion).");
    return left;
  }

  /** A marker goes after all that it hides, or that would be seen again; where a lock keeps some of that, it stays. */
  async function removeAll(what: string, isDoomed: (version: Version) => boolean): Promise<EraseResult> {
    const [locked, lockedKeys] = [new Set<string>(), new Set<string>()];
    let { objects, older } = NOTHING_ERASED;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      let [removed, hasMarkers] = [0, false];
      for await (const { versions, markers } of listVersions(client, Bucket, what)) {
        const doomed = versions.filter((version) => isDoomed(version) && !locked.has(idOf(version)));
        const kept = await removeVersions(doomed);
        for (const version of kept) {
          locked.add(idOf(version));
          lockedKeys.add(version.Key);
        }
        const bare = pass === 0 ? [] : markers.filter(({ Key }) => !lockedKeys.has(Key));
        await removeVersions(bare);
        const current = doomed.filter(({ isLatest }) => isLatest).length - kept.filter(({ isLatest }) => isLatest).length;
        objects += current;
        older += doomed.length - kept.length - current + bare.length;
        removed += doomed.length - kept.length + bare.length;
        hasMarkers ||= markers.length > 0;
      }
      const markersSeen = pass > 0 || !hasMarkers;
      // What is below a folder may grow meanwhile.
      if (markersSeen && (removed === 0 || !what.endsWith("/"))) return { objects, older, locked: locked.size };
    }
    throw fail("storage_unavailable", "Objects are written as fast as they are erased.");
  }

  async function eraseAll(what: string): Promise<EraseResult> {
    try {
      return await removeAll(what, () => true);
    } catch (error) {
      if (!(error instanceof NoVersionListing)) throw error;
      if (await keepsVersions(client, Bucket)) throw unlisted();
      if (!isNoticed) onNotice("The server lists no versions of objects, and does not say that the bucket keeps any: what is erased is removed as objects are.");
      isNoticed = true;
      return { ...NOTHING_ERASED, objects: await removeCurrent(client, Bucket, what) };
    }
  }

  return {
    async erase(what) {
      try {
        if (what.endsWith("/")) await abortUploads(client, Bucket, what);
        const erased = await eraseAll(what);
        if (erased.locked > 0) await removeCurrent(client, Bucket, what); // hides them
        return erased;
      } catch (error) {
        // What can be done without the missing right is.
        if (findErrorCode(error) === "erasure_incomplete") await removeCurrent(client, Bucket, what).catch(() => undefined); // the first refusal says more
        throw error;
      }
    },
    async prune(folder, check) {
      if (!(await keepsVersions(client, Bucket))) return NOTHING_ERASED; // what a server says of versions then need not be true
      try {
        return check ? await countOlder(folder) : await removeAll(folder, ({ isLatest }) => !isLatest);
      } catch (error) {
        throw error instanceof NoVersionListing ? unlisted() : error;
      }
    },
  };

  async function countOlder(folder: string): Promise<EraseResult> {
    let older = 0;
    for await (const { versions, markers } of listVersions(client, Bucket, folder)) older += versions.filter(({ isLatest }) => !isLatest).length + markers.length;
    return { ...NOTHING_ERASED, older };
  }
}

const unlisted = (): Error => refusedTo("The object store keeps versions of objects, and does not list them.");

function idOf({ Key, VersionId }: { Key?: string | undefined; VersionId?: string | undefined }): string {
  return `${Key}\0${VersionId ?? ""}`;
}
