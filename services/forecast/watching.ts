/** Pure: when somebody who watches a video is worth a guess at what they watch next. */

/** Media seconds into a video from which on its viewer has not merely looked in: half of all views end after six minutes. */
export const SETTLED_SEC = 120;

export const hasSettled = (startSec: number): boolean => startSec >= SETTLED_SEC;
