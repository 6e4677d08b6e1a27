/** What event streams look up: those that stand at the same place share one call, unless it began before the latest change. */
import type { VideoEvent, VideoView } from "../videos/videos.contract.ts";

export interface Looks {
  /** @throws video_not_found */
  view(videoId: string): Promise<VideoView>;
  /** The events after the event `after`, oldest first, a page at a time. */
  events(videoId: string, after: string | undefined): Promise<VideoEvent[]>;
}

/** `changed`: what is under way is of before, and nobody who comes shares it. */
export function shareLooks({ view, events }: Looks): Looks & { changed(): void } {
  const flights = new Map<string, Promise<unknown>>();
  let changes = 0;

  function share<Result>(key: string, start: () => Promise<Result>): Promise<Result> {
    const flying = flights.get(key);
    if (flying !== undefined) return flying as Promise<Result>;
    const flight = start().finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  }

  return {
    view: (id) => share(`${id} ${changes}`, () => view(id)),
    events: (id, after) => share(`${id} ${changes} ${after ?? ""}`, () => events(id, after)),
    changed: () => { changes++; },
  };
}
