/**
 * The tracks of what several models find in a video: a table of all, and pictures of the last.
 *
 * @module
 */

import { medianOf } from "../../objects/sequence/seen_object.ts";
import type { TrackRecord } from "../../objects/sequence/track_record.ts";
import type { ReportData } from "../data.ts";
import { type Insert, type Markup, markup } from "../drawing/markup.ts";
import { trackSections } from "./track_report.ts";

/** What is counted of tracks, in the order of the table. */
const COUNTS: readonly [name: string, of: (tracks: readonly TrackRecord[]) => number][] = [
  ["tracks", (tracks) => tracks.length],
  ["divisions", (tracks) => tracks.filter(({ end }) => end === "divided").length],
  [
    "appear away from the edge",
    (tracks) => tracks.filter((track) => track.begin === "appeared").length,
  ],
  ["are lost away from the edge", (tracks) => tracks.filter(({ end }) => end === "lost").length],
  ["frames missing", (tracks) => tracks.reduce((sum, { gaps }) => sum + gaps, 0)],
  [
    "median length",
    (tracks) => tracks.length === 0 ? 0 : medianOf(tracks.map(({ length }) => length)),
  ],
];

/** Draws them; nothing where nothing was tracked. */
export function comparedTracks({ tracks = [] }: Pick<ReportData, "tracks">): Insert {
  const last = tracks.at(-1);
  if (last === undefined) return undefined;
  return markup`<section><h2>Tracks</h2>
<p>What each model finds in the video, linked from frame to frame. The fewer tracks appear or are lost away \
from the edge, the steadier the model is; what divides or dies does so for all of them.</p>
<div class="scroll"><table class="finders"><thead><tr><th></th>${
    COUNTS.map(([name]) => markup`<th>${name}</th>`)
  }</tr></thead><tbody>
${
    tracks.map(({ stage, tracked }): Markup =>
      markup`<tr><th>${stage}</th>${
        COUNTS.map(([, of]) => markup`<td>${of(tracked.tracks)}</td>`)
      }</tr>
`
    )
  }</tbody></table></div>
<p class="hint">Pictures below are of ${last.stage}.</p></section>
${trackSections(last.tracked)}`;
}
