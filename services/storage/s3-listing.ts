/** Pages of a bucket's keys. */
import { ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { finishedPrefix, formatPage, pageLimit, type ListItem } from "./listing.ts";
import { checkPrefix, compareKeys } from "./object-key.ts";
import { operationLimit } from "./s3-client.ts";
import type { ListParams, ListResult } from "./storage.contract.ts";

/** Sorts after whatever may follow in a key. */
const LAST_CHARACTER = "\u{10FFFF}";

export async function listBucket(client: S3Client, Bucket: string, params: ListParams): Promise<ListResult> {
  const { prefix, delimiter } = params;
  checkPrefix(prefix);
  const after = startAfter(params);
  const page = await client.send(new ListObjectsV2Command({
    Bucket, Prefix: prefix, MaxKeys: pageLimit(params.limit),
    ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
    ...(after === undefined ? {} : { StartAfter: after }),
  }), { abortSignal: operationLimit() });
  const sizes = new Map((page.Contents ?? []).flatMap(({ Key, Size = 0 }) => (Key === undefined ? [] : [[Key, Size] as const])));
  const items: ListItem[] = [
    ...[...sizes.keys()].map((name) => ({ kind: "object", name }) as const),
    ...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => (Prefix === undefined ? [] : [{ kind: "prefix", name: Prefix } as const])),
  ];
  items.sort((a, b) => compareKeys(a.name, b.name));
  return formatPage(items, sizes, page.IsTruncated === true);
}

/** After a whole folder that was listed, not after its name: S3 would list that folder again for the keys in it. */
function startAfter(params: ListParams): string | undefined {
  const finished = finishedPrefix(params);
  if (finished !== undefined) return finished + LAST_CHARACTER;
  return params.after === "" ? undefined : params.after;
}
