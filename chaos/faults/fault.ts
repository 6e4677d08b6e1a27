/** What a cell of the matrix is made of: a fault, and the phase of a video's way in which it strikes. */
import type { Random } from "../../test/support/simulation/random.ts";
import type { FaultyMesh, Worker } from "./faulty-mesh.ts";

/** `idle`: nothing is worked on, a video is posted while the fault lasts. `publishing`: a segment is on its way into the store. */
export const PHASES = ["idle", "downloading", "encoding", "publishing"] as const;
export type Phase = (typeof PHASES)[number];

export interface Stage {
  mesh: FaultyMesh;
  random: Random;
  /** The one that was seen in the phase. */
  victim: Worker;
  /** Of the source, at the origin. */
  path: string;
}

export interface Struck {
  /** What shows that it happened. @throws Error when it did not, or was not seen in time */
  seen(): Promise<string>;
  /** Takes it away, or puts another in the place of what was lost. */
  end(): Promise<void>;
}

export interface Fault {
  phases: readonly Phase[];
  strike(stage: Stage): Promise<Struck>;
  /** Until `end`, in ms; `survived`: others have to do all of the work before it ends. */
  lasts(random: Random): number | "survived";
  /** Others go on meanwhile, so recovery counts from when it strikes, and not from its end. */
  isSurvived?: boolean;
  /** The victim is lost to the mesh, and what it held of the queue has to become somebody else's. */
  losesNode?: boolean;
  /** The source has to arrive slowly in every phase. */
  needsSlowSource?: boolean;
  /** Another video is posted while it lasts. */
  takesPosts?: boolean;
  /** Takes the only gateway with it, so that viewers are cut off. */
  cutsViewers?: boolean;
}

export type FaultTable = Readonly<Record<string, Fault>>;
