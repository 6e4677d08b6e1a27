/** What this node tells of itself. Its services say how busy they are; whoever drains it or puts it in quarantine says that. */
import { availableParallelism } from "node:os";
import type { ByteCounts } from "./byte-counts.ts";
import type { LoadReport } from "./load-report.ts";

/** As the transcoder has them. `speed`: megapixels a second; undefined: not known yet. */
export interface SlotUse { slots: number; play: number; background: number; waiting: number; speed: number | undefined }
/** Shares of all cores, from 0 to 1. */
export interface CpuUse { own: number; machine: number }

const NO_SLOTS: SlotUse = { slots: availableParallelism(), play: 0, background: 0, waiting: 0, speed: undefined };

export function openOwnLoad() {
  let accepting = true;
  let slotUse = (): SlotUse => NO_SLOTS;
  let cpu: CpuUse = { own: 0, machine: 0 };
  let bytes: ByteCounts | undefined;
  return {
    /** False: it gets no new calls while anybody else is there. */
    setAccepting(value: boolean): void { accepting = value; },
    get accepting(): boolean { return accepting; },
    /** @param look asked whenever a report is made @returns to be called when there are no slots any more */
    measureSlots(look: () => SlotUse): () => void {
      slotUse = look;
      return () => { if (slotUse === look) slotUse = () => NO_SLOTS; };
    },
    noteCpu(use: CpuUse): void { cpu = use; },
    noteBytes(counts: ByteCounts): void { bytes = counts; },
    report(): LoadReport {
      const { speed, ...use } = slotUse();
      return { ...use, ...(speed === undefined ? {} : { speed }), ownCpu: cpu.own, machineCpu: cpu.machine, accepting, ...(bytes === undefined ? {} : { bytes }) };
    },
  };
}

export type OwnLoad = ReturnType<typeof openOwnLoad>;
