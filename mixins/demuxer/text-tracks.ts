/** Finds a source's text tracks, which the container reader does not list, in its index. */
import { findErrorCode } from "../../config/error-codes.ts";
import type { SubtitleFacts } from "../../media/facts.ts";
import { readMatroskaTextTracks } from "../../media/matroska/text-tracks.ts";
import { readMp4TextTracks } from "../../media/mp4/text-tracks.ts";
import type { MatroskaHead } from "./matroska-head.ts";
import type { MovieBox } from "./movie-box.ts";

/** None where neither an MP4's index nor a Matroska file's head says any. */
export function findTextTracks(movie: MovieBox | undefined, head: MatroskaHead | undefined): SubtitleFacts[] {
  try {
    if (movie !== undefined) return readMp4TextTracks(movie.bytes);
    return head?.tracks === undefined ? [] : readMatroskaTextTracks(head.tracks);
  } catch (error) {
    if (findErrorCode(error) === undefined) throw error;
    return []; // boxes that are not what they should be: the video may still play
  }
}
