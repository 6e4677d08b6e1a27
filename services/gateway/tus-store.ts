/** What `@tus/server` keeps uploads in, for one request: `source`, which has them in the object store. */
import { DataStore, Upload } from "@tus/server";
import type { IncomingMessage } from "node:http";
import { fail } from "../../config/errors.ts";
import { CHECKSUM_ALGORITHMS, UPLOAD_EXPIRY_MS, type AppendParams, type AppendResult, type BeginParams, type Checksum, type UploadIdParams, type UploadProgress } from "../source/source.contract.ts";
import type { Exchange } from "./exchange.ts";
import { cutWhenIdle } from "./upload-body.ts";

const DIGEST_BYTES: Readonly<Record<Checksum["algorithm"], number>> = { sha1: 20, sha256: 32 };
/** A stream cannot be read twice, nor an upload be begun or removed. */
const ONCE = { timeout: 0, retries: 0 } as const;

export class TusStore extends DataStore {
  readonly #req: IncomingMessage;
  readonly #call: Exchange["call"];
  override readonly extensions = ["creation", "creation-with-upload", "expiration", "termination", "checksum"];

  constructor({ req, call }: Pick<Exchange, "req" | "call">) {
    super();
    this.#req = req;
    this.#call = call;
  }

  override async create(upload: Upload): Promise<Upload> {
    const { id, size = 0, metadata } = upload;
    const begin: BeginParams = { uploadId: id, size, ...(metadata === undefined ? {} : { metadata }) };
    await this.#call("source.begin", begin, ONCE);
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const asked: UploadIdParams = { uploadId: id };
    const { size, offset, createdAt, finished, metadata } = await this.#call<UploadProgress>("source.progress", asked, ONCE);
    // A finished upload doesn't expire, so the library isn't told how old it is.
    return new Upload({ id, size, offset, ...(metadata === undefined ? {} : { metadata }), ...(finished ? {} : { creation_date: createdAt }) });
  }

  /** The request itself and not the library's stream of it, which ends the same way whether all has come or the client has gone. */
  override async write(_stream: unknown, id: string, offset: number): Promise<number> {
    const checksum = parseChecksum(this.#req.headers["upload-checksum"]);
    const append: AppendParams = { uploadId: id, offset, ...(checksum === undefined ? {} : { checksum }) };
    cutWhenIdle(this.#req);
    return (await this.#call<AppendResult>("source.append", append, { ...ONCE, stream: this.#req })).offset;
  }

  override async remove(id: string): Promise<void> {
    const asked: UploadIdParams = { uploadId: id };
    await this.#call("source.abandon", asked, ONCE);
  }

  override getExpiration(): number {
    return UPLOAD_EXPIRY_MS;
  }
}

/** @throws bad_request for what is no checksum, or of an algorithm that isn't offered */
export function parseChecksum(header: string | string[] | undefined): Checksum | undefined {
  if (header === undefined) return undefined;
  const [, name, digest = ""] = /^(\S+) ([A-Za-z0-9+/]+=*)$/.exec(String(header)) ?? [];
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined || Buffer.from(digest, "base64").length !== DIGEST_BYTES[algorithm]) {
    throw fail("bad_request", `Upload-Checksum must be one of ${CHECKSUM_ALGORITHMS.join(", ")}, a space and the digest in base64.`);
  }
  return { algorithm, digest };
}
