/** What others may say to `insights`, and what it announces of those who watch. */

/** Where a report comes from: it makes a pseudonym of the day, and is kept nowhere. */
export interface ReportOrigin {
  /** The address, of an IPv6 one its network. */
  household: string;
  /** The browser's name of itself; its first 200 characters. */
  agent: string;
}
/** `report` as a player sent it, a `UsageReport` when it is good. `quiet`: the browser asks not to be followed (`Sec-GPC`, `DNT`). */
export interface ReportParams { id: string; report: Record<string, unknown>; origin: ReportOrigin; quiet?: boolean }

/** Payload of `view.moved`, to one of each kind of service: somebody begins to watch a video. May be lost, and may come twice. */
export interface ViewMoved {
  tenant: string;
  /** The label `course` of the video that is begun. */
  course?: string;
  /** What the same browser watched before, within hours; of the same tenant. */
  fromVideoId?: string;
  toVideoId: string;
  /** ms since 1970. */
  at: number;
}

/** Payload of `view.progressed`, to one of each kind of service: where somebody is in a video. A node says so a hundred times a second at most. */
export interface ViewProgressed {
  videoId: string;
  /** Media seconds. */
  position: number;
  /** Of playback: 1 is as recorded. */
  rate: number;
}
