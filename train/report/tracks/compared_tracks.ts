/**
 * The tracks of what several models find in a video: a table of all, lineage and lengths of the last beside
 * those of the model that it is compared with, and pictures of the last.
 *
 * @module
 */

import { medianOf } from "../../objects/sequence/seen_object.ts";
import type { TrackRecord } from "../../objects/sequence/track_record.ts";
import type { ReportData } from "../data.ts";
import { capitalise, type Insert, type Markup, markup } from "../drawing/markup.ts";
import { drawLineage, spanOf } from "./lineage.ts";
import { drawLengths, trackSections } from "./track_report.ts";

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

/** Pixels across of a picture that has another one beside it. */
const HALF = 470;

type StageTracks = NonNullable<ReportData["tracks"]>[number];

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
      markup`<tr><th>${capitalise(stage)}</th>${
        COUNTS.map(([, of]) => markup`<td>${of(tracked.tracks)}</td>`)
      }</tr>
`
    )
  }</tbody></table></div>
<p class="hint">Outlines below are those of the ${last.stage} model.</p></section>
${trackSections(last.tracked, histories(tracks))}`;
}

/** Lineage and lengths side by side; those of a single model are drawn as those of any video. */
function histories(tracks: readonly StageTracks[]): Insert {
  const last = tracks.at(-1)!;
  // The control was trained as long as the consistent model; it stands right before that.
  const rival = tracks.at(-2);
  if (rival === undefined) return undefined;
  const both = [rival, last].filter(({ tracked }) => tracked.tracks.length > 0);
  if (both.length === 0) return undefined;
  const span = spanOf(both.flatMap(({ tracked }) => tracked.tracks));
  const drawn = (draw: (one: StageTracks) => Insert) =>
    markup`<div class="strip" style="--rows:1;--columns:${both.length}">${
      both.map((one) => markup`<div><h3>${capitalise(one.stage)}</h3>${draw(one)}</div>`)
    }</div>`;
  const width = HALF;
  const beside = both.map(({ tracked }) => tracked.tracks);
  return markup`<section><h2>Lineage</h2>
${
    drawn(({ stage, tracked }) =>
      drawLineage(tracked.tracks, {
        ...{ width, span, others: stage === last.stage ? undefined : "not drawn" },
      })
    )
  }</section>
<section><h2>Lengths of tracks</h2>
${
    drawn(({ stage, tracked }) =>
      drawLengths(tracked.tracks, { id: `lengths-${stage}`, width, beside })
    )
  }
</section>
`;
}
