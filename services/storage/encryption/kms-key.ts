/** A wrapping key that never leaves AWS KMS: units' keys are sent there to be wrapped and unwrapped. */
import { DecryptCommand, EncryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { fail } from "../../../config/errors.ts";
import type { WrapContext, WrappingKey } from "./key-ring.ts";

/** The first try and two more. */
const MAX_ATTEMPTS = 3;
const CONNECT_MS = 2_000;
const SILENCE_MS = 3_000;
const ANSWER_MS = 8_000;
const DEFAULT_REGION = "us-east-1";
/** KMS has looked at it, and it is not what that key made for this unit. */
const NOT_OURS = new Set(["InvalidCiphertextException", "IncorrectKeyException"]);

/** Region and credentials are those of the SDK's chain; an ARN names its region. AWS_ENDPOINT_URL_KMS names a server other than AWS. */
export async function openKmsKey(keyId: string, env: Readonly<Record<string, string | undefined>>): Promise<WrappingKey> {
  const [, , , arnRegion] = keyId.split(":");
  const client = new KMSClient({
    region: arnRegion ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? DEFAULT_REGION,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  });
  const boundTo = ({ unit, keyId: unitKeyId }: WrapContext): Record<string, string> => ({ "lectern:unit": unit, "lectern:key": unitKeyId });

  async function ask(what: string, send: (abortSignal: AbortSignal) => Promise<Uint8Array | undefined>): Promise<Buffer> {
    try {
      const bytes = await send(AbortSignal.timeout(ANSWER_MS));
      if (bytes === undefined) throw new Error("no answer");
      return Buffer.from(bytes);
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (NOT_OURS.has(name)) throw fail("storage_key_unavailable", `${what} is not one that the KMS key ${keyId} wrapped for it.`);
      throw fail("storage_key_unavailable", `AWS KMS does not give ${what.toLowerCase()} (${name}).`);
    }
  }

  return {
    id: `kms:${keyId}`,
    wrap: (key, context) => ask(`The key of ${context.unit}`, async (abortSignal) => (
      (await client.send(new EncryptCommand({ KeyId: keyId, Plaintext: key, EncryptionContext: boundTo(context) }), { abortSignal })).CiphertextBlob
    )),
    unwrap: (wrapped, context) => ask(`The key of ${context.unit}`, async (abortSignal) => (
      (await client.send(new DecryptCommand({ KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: boundTo(context) }), { abortSignal })).Plaintext
    )),
    close: () => client.destroy(),
  };
}
