/**
 * Which uploads are one video. A finished one is what its bytes are, so the same bytes sent twice are one video; one that is
 * posted before it is finished is itself, and its video stands for its bytes from the moment it is finished, unless they are
 * a video already.
 */
import { VISIBILITIES } from "../../config/access/watching.ts";
import { POLICIES } from "../../media/policy.ts";
import { PROTECTIONS } from "../../media/protection.ts";
import { claimDigest, idOfKey, uploadIdentity, type Variety } from "./submission.ts";
import type { VideoStore } from "./video-store.ts";
import type { SubmitParams, VideoRecord, VideoState } from "./videos.contract.ts";

/** What sets videos of one upload and one tenant apart. */
const VARIETIES = POLICIES.flatMap((policy) => PROTECTIONS.flatMap((protection) => VISIBILITIES.map((visibility) => ({ policy, protection, visibility }))));
const varietiesOf = (tenant: string | undefined): Variety[] => VARIETIES.map((variety) => ({ ...variety, ...(tenant === undefined ? {} : { tenant }) }));

export function uploadClaims(store: VideoStore) {
  /** Whose videos may be made of it: the default tenant's, and those that are marked. */
  const tenantsOf = async (uploadId: string): Promise<(string | undefined)[]> => [undefined, ...(await store.uploadTenants(uploadId))];

  async function owners(identities: readonly string[], tenants: readonly (string | undefined)[]): Promise<string[]> {
    const claims = identities.flatMap((identity) => tenants.flatMap((tenant) => varietiesOf(tenant).map((variety) => store.findClaim(claimDigest(identity, variety)))));
    return (await Promise.all(claims)).filter((owner) => owner !== undefined);
  }

  /** What its claims name, but for one: undefined is what has no record yet. */
  async function madeOf(uploadId: string, identities: readonly string[], except?: string): Promise<(VideoState | undefined)[]> {
    const sha256 = await store.findUploadHash(uploadId);
    const all = new Set([...identities, uploadIdentity(uploadId), ...(sha256 === undefined ? [] : [sha256])]);
    const found = (await owners([...all], await tenantsOf(uploadId))).filter((owner) => owner !== except);
    return await Promise.all(found.map((owner) => store.find(owner)));
  }

  return {
    /** What a posted upload is known by; without `sha256` it is not finished. */
    async identify({ uploadId, sha256 }: { uploadId: string; sha256?: string }, params: SubmitParams): Promise<string> {
      const { idempotencyKey, tenant } = params;
      const itself = uploadIdentity(uploadId);
      if (sha256 === undefined || (await store.findClaim(claimDigest(itself, params))) !== undefined) return itself;
      const repeated = idempotencyKey === undefined ? undefined : await store.find(idOfKey(idempotencyKey, tenant));
      return repeated?.record.identity === itself ? itself : sha256;
    },

    /**
     * The upload is finished: who posts the same bytes is told of the videos that were made of it before. Twice does no harm.
     * @returns those videos
     */
    async claimContent(uploadId: string, sha256: string): Promise<string[]> {
      const found: string[] = [];
      for (const tenant of await tenantsOf(uploadId)) {
        for (const variety of varietiesOf(tenant)) {
          const owner = await store.findClaim(claimDigest(uploadIdentity(uploadId), variety));
          if (owner === undefined) continue;
          await store.claim(claimDigest(sha256, variety), owner);
          found.push(owner);
        }
      }
      return found;
    },

    /** Whether other videos are made of the upload: under another policy or protection, and for another tenant too. What was claimed a moment ago counts as well. */
    async sharesUpload(record: VideoRecord, uploadId: string): Promise<boolean> {
      const states = await madeOf(uploadId, [record.identity], record.id);
      return states.some((state) => state === undefined || isOf(state, uploadId));
    },

    /** Whether a video that is not deleted is made of the upload. */
    async isUsed(uploadId: string): Promise<boolean> {
      const states = await madeOf(uploadId, []);
      return states.some((state) => state !== undefined && !state.deleted && isOf(state, uploadId));
    },
  };
}

function isOf({ record: { source } }: VideoState, uploadId: string): boolean {
  return source.kind === "upload" && source.uploadId === uploadId;
}

export type UploadClaims = ReturnType<typeof uploadClaims>;
