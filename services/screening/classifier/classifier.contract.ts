/** What a classifier is. One runs in a process of its own, so it may be slow, large, and crash. */

/** A frame as classifiers want it: `side` × `side` pixels of red, green, blue. */
export interface ClassifierFrame { side: number; pixels: Uint8Array }
/** By the classifier's own names of its classes, 0 to 1. */
export type Scores = Record<string, number>;

export interface Classifier {
  name: string;
  version: string;
  /** One for each frame, in order. */
  classify(frames: readonly ClassifierFrame[]): Promise<Scores[]>;
}

/** What a module of a classifier default-exports. @param folder where its packages are; absent: where it expects them */
export type OpenClassifier = (folder: string | undefined) => Promise<Classifier>;

/** What its process is told, and what it answers. */
export interface ClassifierRequest { frames: ClassifierFrame[] }
export type ClassifierReply = { name: string; version: string; scores: Scores[] } | { error: string };
