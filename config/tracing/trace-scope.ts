/** What code that works on a request knows of its trace. */
import type { KeptWhy } from "./span.ts";
import type { TraceBook } from "./trace-book.ts";

export interface Tracer {
  readonly book: TraceBook;
  /** Whether a trace that begins now is kept from its beginning. @param asked whoever asks wants it */
  choose(asked: boolean): KeptWhy | undefined;
  /** Keeps what failed or was slow, here and where else the request went; not more of them than there is room for. */
  keepLate(requestId: string, why: KeptWhy): void;
}

/** `kept`: from its beginning on. */
export interface TraceScope { readonly tracer: Tracer; readonly spanId: string; readonly kept: boolean }
