/**
 * Bytes of which more may come: a segment that is being made. Any number may read it, each from the beginning and at
 * its own pace; who comes late gets everything. Nothing is copied.
 */
import { fail } from "../config/errors.ts";

/** A minute of the highest rung. More is an encoder gone wrong. */
const MAX_BYTES = 64 * 1024 * 1024;

type State = { is: "growing" } | { is: "complete" } | { is: "failed"; error: unknown };

export class GrowingBytes {
  #chunks: Buffer[] = [];
  #size = 0;
  #state: State = { is: "growing" };
  /** Settles, and is replaced, whenever something comes. */
  #change = Promise.withResolvers<void>();

  /** Those that are complete already. */
  static of(bytes: Buffer): GrowingBytes {
    const growing = new GrowingBytes();
    growing.push(bytes);
    growing.end();
    return growing;
  }

  /** Bytes so far. */
  get size(): number { return this.#size; }
  get isGrowing(): boolean { return this.#state.is === "growing"; }

  /** The next bytes, which nobody writes into again. After the end this does nothing: who makes them may be late to hear of it. */
  push(bytes: Buffer): void {
    if (!this.isGrowing || bytes.length === 0) return;
    if (this.#size + bytes.length > MAX_BYTES) return this.fail(fail("encode_failed", "The segment is larger than any may be."));
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    this.#tell();
  }

  /** That was all. */
  end(): void { this.#settle({ is: "complete" }); }

  /** No more will come; every reader hears of it behind what there is. */
  fail(error: unknown): void { this.#settle({ is: "failed", error }); }

  /** Resolves with the first bytes, or at the end of none. @throws what it failed with before */
  async started(): Promise<void> {
    while (this.#size === 0 && this.isGrowing) await this.#change.promise;
    if (this.#size === 0 && this.#state.is === "failed") throw this.#state.error;
  }

  /** Resolves at the end. @throws what it failed with */
  async ended(): Promise<void> {
    while (this.isGrowing) await this.#change.promise;
    if (this.#state.is === "failed") throw this.#state.error;
  }

  /** All of it. @throws what it failed with */
  async whole(): Promise<Buffer> {
    await this.ended();
    const [only = Buffer.alloc(0), another] = this.#chunks;
    if (another === undefined) return only;
    return Buffer.concat(this.#chunks, this.#size);
  }

  /** Its pieces from the first on. @throws what it failed with, behind what there is */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (let at = 0; ;) {
      const chunk = this.#chunks[at];
      if (chunk !== undefined) {
        at++;
        yield chunk;
      } else if (this.#state.is === "failed") throw this.#state.error;
      else if (this.#state.is === "complete") return;
      else await this.#change.promise;
    }
  }

  #settle(state: State): void {
    if (!this.isGrowing) return;
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}
