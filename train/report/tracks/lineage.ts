/**
 * The lineage tree: time from left to right, a line for each track, daughters beside their mother.
 *
 * @module
 */

import { counted, wordFor } from "../../counted.ts";
import type { TrackRecord } from "../../objects/sequence/track_record.ts";
import { type Insert, type Markup, markup } from "../drawing/markup.ts";
import { trackColour } from "./track_colours.ts";

/** Tracks in a tree at most: more are a wall. */
const MOST_TRACKS = 80;
/** Pixels from line to line, and from left to right unless told. */
const [ROW, WIDTH] = [11, 960];

/** How a tree is drawn. */
interface LineageOptions {
  /** Pixels from left to right. */
  readonly width?: number;
  /** The first and the last frame on the axis of time; those of the tracks unless told. */
  readonly span?: readonly [first: number, last: number];
  /** Where tracks are that have no room in it; `in tracks.csv` unless told. */
  readonly others?: string;
}

/** A track with a place of its own. */
interface Placed {
  readonly record: TrackRecord;
  readonly row: number;
}

/** The families that are drawn: those with most divisions first, as many as there is room for. */
export function familiesOf(tracks: readonly TrackRecord[]): TrackRecord[][] {
  const children = Map.groupBy(tracks.filter(({ parent }) => parent > 0), ({ parent }) => parent);
  const familyOf = (record: TrackRecord): TrackRecord[] => {
    // Depth first, so that the lines of a family do not cross.
    const family: TrackRecord[] = [];
    const waiting = [record];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      family.push(next);
      waiting.push(...(children.get(next.track) ?? []).toReversed());
    }
    return family;
  };
  const families = tracks.filter(({ parent }) => parent === 0).map(familyOf)
    .toSorted((a, b) =>
      b.length - a.length || b[0].length - a[0].length || a[0].track - b[0].track
    );
  let room = MOST_TRACKS;
  return families.filter(({ length }) => length <= room && (room -= length) >= 0);
}

/** The first and the last frame in which tracks are seen. */
export function spanOf(tracks: readonly TrackRecord[]): [first: number, last: number] {
  return [
    tracks.reduce((least, { first }) => Math.min(least, first), Infinity),
    tracks.reduce((most, { last }) => Math.max(most, last), 0),
  ];
}

/** Draws the tree; nothing without tracks. */
export function drawLineage(
  tracks: readonly TrackRecord[],
  { width = WIDTH, span, others = "in tracks.csv" }: LineageOptions = {},
): Insert {
  const families = familiesOf(tracks);
  const list = families.flat();
  if (list.length === 0) return undefined;
  const [first, last] = span ?? spanOf(list);
  const x = (frame: number) => 40 + (width - 50) * (frame - first) / Math.max(1, last - first);
  const placed = list.map((record, row): Placed => ({ record, row }));
  const byTrack = new Map(placed.map((one) => [one.record.track, one]));
  const left = tracks.length - list.length;
  return markup`<figure class="panel lineage"><svg viewBox="0 0 ${width} ${
    ROW * list.length + 24
  }" role="img" \
aria-label="Lineage tree of ${counted(list.length, "track")}">
${placed.map((one) => drawTrack(one, { x, mother: byTrack.get(one.record.parent) }))}
<text x="40" y="${ROW * list.length + 20}">frame ${first}</text>
<text x="${width - 10}" y="${ROW * list.length + 20}" text-anchor="end">frame ${last}</text>
</svg><figcaption>Families with most divisions first.${
    left > 0 && ` ${counted(left, "other track")} ${wordFor(left, "is", "are")} ${others}.`
  }</figcaption></figure>
`;
}

function drawTrack(
  { record, row }: Placed,
  { x, mother }: { x: (frame: number) => number; mother?: Placed },
): Markup {
  const { track, first, last, begin, end, gaps } = record;
  const y = ROW * row + 9;
  const colour = trackColour(track);
  const title = `Track ${track}: frames ${first} to ${last}, ${begin}, ${end}` +
    (gaps > 0 ? `, ${gaps} missing` : "");
  const from = mother &&
    markup`<path d="M${x(mother.record.last).toFixed(1)} ${ROW * mother.row + 9}V${y}H${
      x(first).toFixed(1)
    }" stroke="${colour}"/>`;
  return markup`<g><title>${title}</title>${from}<path d="M${x(first).toFixed(1)} ${y}H${
    Math.max(x(last), x(first) + 2).toFixed(1)
  }" stroke="${colour}" stroke-width="2.5"/>${
    mother === undefined && markup`<text x="34" y="${y + 4}" text-anchor="end">${track}</text>`
  }</g>
`;
}
