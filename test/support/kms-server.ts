/** Plays AWS KMS: its JSON protocol, as far as wrapping keys needs it. Keys never leave it. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

interface KmsRequest { KeyId: string; Plaintext?: string; CiphertextBlob?: string; EncryptionContext?: Record<string, string> }

export interface TestKms {
  /** What a client's environment needs to reach it. */
  env: Record<string, string>;
  /** Operations that were asked for, in order. */
  asked: string[];
  /** While it is away it answers nothing but 500. */
  away: boolean;
  stop(): Promise<void>;
}

export async function startKms(): Promise<TestKms> {
  const keys = new Map<string, Buffer>();
  const keyOf = (id: string): Buffer => {
    const key = keys.get(id) ?? randomBytes(32);
    keys.set(id, key);
    return key;
  };
  const aadOf = ({ KeyId, EncryptionContext = {} }: KmsRequest): Buffer => Buffer.from(JSON.stringify([KeyId, Object.entries(EncryptionContext).toSorted()]));

  function encrypt(request: KmsRequest): object {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", keyOf(request.KeyId), nonce).setAAD(aadOf(request));
    const sealed = Buffer.concat([nonce, cipher.update(Buffer.from(request.Plaintext ?? "", "base64")), cipher.final(), cipher.getAuthTag()]);
    return { KeyId: request.KeyId, CiphertextBlob: sealed.toString("base64") };
  }

  function decrypt(request: KmsRequest): object {
    const sealed = Buffer.from(request.CiphertextBlob ?? "", "base64");
    const decipher = createDecipheriv("aes-256-gcm", keyOf(request.KeyId), sealed.subarray(0, 12), { authTagLength: 16 }).setAAD(aadOf(request)).setAuthTag(sealed.subarray(-16));
    return { KeyId: request.KeyId, Plaintext: Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString("base64") };
  }

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const operation = String(request.headers["x-amz-target"]).replace("TrentService.", "");
      kms.asked.push(operation);
      const answer = (status: number, value: object): void => void response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(value));
      if (kms.away) return answer(500, { __type: "KMSInternalException", message: "staged" });
      if (request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") !== true) return answer(400, { __type: "IncompleteSignature", message: "not signed" });
      try {
        const asked = JSON.parse(body) as KmsRequest;
        return answer(200, operation === "Encrypt" ? encrypt(asked) : decrypt(asked));
      } catch {
        return answer(400, { __type: "InvalidCiphertextException", message: "staged" });
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const kms: TestKms = {
    env: { AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-central-1" },
    asked: [],
    away: false,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return kms;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}
