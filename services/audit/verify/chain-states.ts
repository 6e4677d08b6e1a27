/** How far each chain was followed, and what others say that it had come to. */
import { NOTHING, type AuditRecord, type Place } from "../chain/chain.ts";

interface ChainState {
  seq: number;
  hash: string;
  /** Up to where a head signs for it. */
  signed: number;
  records: number;
  /** Up to where it was dropped. What is there of that all the same is not looked at: somebody was about to remove it. */
  dropped: number;
  closed: boolean;
  begun: Set<number>;
  /** What checkpoints say, in the order of `seq`, as far as it has not been met. */
  due: { seq: number; hash: string; by: string }[];
}

/** `check` is the name of what was not as it should be. */
export interface Found { check: string; message: string }

export function chainStates() {
  const chains = new Map<string, ChainState>();
  const stateOf = (chain: string): ChainState => {
    const known = chains.get(chain) ?? { seq: 0, hash: NOTHING, signed: 0, records: 0, dropped: 0, closed: false, begun: new Set(), due: [] };
    chains.set(chain, known);
    return known;
  };

  /** Compares with what is due now. */
  function meet(state: ChainState, chain: string): Found | undefined {
    let found: Found | undefined;
    while (state.due[0] !== undefined && state.due[0].seq <= state.seq) {
      const due = state.due.shift();
      if (due?.seq === state.seq && due.hash !== state.hash) found = { check: "checkpoint", message: `${chain} is another at ${state.seq} than ${due.by} says` };
    }
    return found;
  }

  return {
    /** @param by who says so */
    expect({ chain, seq, hash }: Place, by: string): Found | undefined {
      const state = stateOf(chain);
      const { due } = state;
      if (seq < state.seq) return undefined; // it was dropped
      const at = due.findLastIndex((other) => other.seq <= seq);
      due.splice(at + 1, 0, { seq, hash, by });
      return meet(state, chain);
    },
    /** A part that was dropped; it must begin where the chain has come to. */
    skip({ chain, from, to, prev, hash }: { chain: string; from: number; to: number; prev: string; hash: string }): Found | undefined {
      const state = stateOf(chain);
      if (from !== state.seq + 1 || prev !== state.hash) return { check: "dropped", message: `what was dropped of ${chain} begins at ${from}, not at ${state.seq + 1}` };
      Object.assign(state, { seq: to, hash, signed: to, dropped: to });
      return meet(state, chain);
    },
    /** @param hash as it was computed */
    follow(record: AuditRecord, hash: string): Found | undefined {
      const { chain, seq, prev } = record;
      const state = stateOf(chain);
      if (seq <= state.dropped) return undefined;
      const due = { seq: state.seq + 1, prev: state.hash };
      Object.assign(state, { seq, hash: record.hash, records: state.records + 1, closed: record.type === "closed" });
      if (record.type === "begun") state.begun.add(seq);
      if (record.begun !== undefined) state.begun.delete(record.begun);
      const met = meet(state, chain);
      if (seq !== due.seq) return { check: "order", message: `${chain} goes on with ${seq} where ${due.seq} should be` };
      if (prev !== due.prev) return { check: "link", message: `${chain} at ${seq} does not follow the record before it` };
      if (record.hash !== hash) return { check: "hash", message: `${chain} at ${seq} is not what its hash says` };
      return met;
    },
    /** A head whose signature is good. */
    sign({ chain, seq, hash }: Place): Found | undefined {
      const state = stateOf(chain);
      if (seq < state.dropped) return undefined;
      if (seq !== state.seq || hash !== state.hash) return { check: "head", message: `a head of ${chain} signs for ${seq}, and not for what is there` };
      state.signed = seq;
      return undefined;
    },
    /** What shows only when all is read. */
    finish(): Found[] {
      return [...chains].flatMap(([chain, { seq, signed, records, due }]) => {
        const found: Found[] = [];
        const last = due.at(-1);
        if (last !== undefined && records === 0 && seq === 0) found.push({ check: "missing", message: `${chain} is gone: ${last.by} says that it had come to ${last.seq}` });
        else if (last !== undefined) found.push({ check: "tail", message: `${chain} ends at ${seq}: ${last.by} says that it had come to ${last.seq}` });
        if (signed < seq) found.push({ check: "unsigned", message: `${chain} is signed up to ${signed} only, and ends at ${seq}` });
        return found;
      });
    },
    counts: () => ({
      chains: chains.size,
      /** Of processes that did not end in good order, or have not ended. */
      open: [...chains.values()].filter(({ closed }) => !closed).length,
      /** Changes of which it is not known what came of them. */
      unended: [...chains.values()].reduce((sum, { begun }) => sum + begun.size, 0),
    }),
  };
}
