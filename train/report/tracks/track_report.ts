/**
 * The report of tracks as one self-contained page: no script, nothing loaded from elsewhere.
 *
 * @module
 */

import { wordFor } from "../../counted.ts";
import { traceContours } from "../../objects/contours.ts";
import { contourPath } from "../drawing/contour_path.ts";
import { type Insert, Markup, markup } from "../drawing/markup.ts";
import { pageHead } from "../drawing/page.ts";
import {
  cropPlane,
  type GreyRange,
  greyRange,
  pictureAddress,
  shrinkPlane,
} from "../drawing/picture.ts";
import { STYLE } from "../drawing/style.ts";
import type { Window } from "../drawing/window.ts";
import { drawLineage } from "./lineage.ts";
import type { EventStrip, ShownFrame, TrackReportData, TrackSeries } from "../data.ts";
import { trackColour } from "./track_colours.ts";
import { lengthBars, trackLines } from "./track_plots.ts";

/** What tracks look like beyond the style of all reports. */
export const TRACK_STYLE = /* css */ `
.track { fill: none; fill-opacity: .45; fill-rule: evenodd; stroke-width: 1.6; vector-effect: non-scaling-stroke; }
.track.back { stroke-dasharray: 4 3; stroke-width: 2.4; }
.panel { background: #14181c; color: #a3adb7; padding: .6rem; margin: .6rem 0 1.2rem; border-radius: 2px; }
.panel figcaption { color: #a3adb7; }
.lineage path { fill: none; stroke-linecap: round; }
.panel .legend { margin: 0 0 .4rem; }
.strip + h3 { margin-top: 1.6rem; }
.panel text { fill: #a3adb7; font: 11px system-ui, sans-serif; }
.counts { display: flex; flex-wrap: wrap; gap: .3rem 2rem; padding: 0; list-style: none; }
.counts b { font-size: 1.3rem; }
`;
/** Brightens what is dim: outlines of nothing puzzle more than noise does. */
export const GAMMA = 0.6;
/** Pixels across in the picture of a whole frame. */
const OVERVIEW = 800;

/**
 * Renders the report. Sections without data are left out, and text is escaped.
 *
 * @returns The text of an HTML file.
 */
export function renderTrackReport(data: TrackReportData): string {
  return markup`${
    pageHead({ title: `Tracks of ${data.title}`, style: STYLE + TRACK_STYLE })
  }<header><h1>Tracks of ${data.title}</h1>
${counts(data)}
</header>
<main>
${trackSections(data)}</main>
</body>
</html>
`.toString();
}

/**
 * What there is to see of tracks, section by section; those without data are left out.
 *
 * @param histories Lineage and lengths, where they are drawn otherwise.
 */
export function trackSections(
  data: TrackReportData,
  histories: Insert = markup`${lineageSection(data)}
${lengthsSection(data)}`,
): Markup {
  const images = data.shown.flatMap(({ image }) => image ?? []);
  const range = { ...greyRange(images), gamma: GAMMA };
  return markup`${wholeFrames(data, range)}
${data.events.length > 0 && eventsSection(data.events, range)}
${histories}
${seriesSection(data.series)}
`;
}

function counts({ tracks, frames, putBack, dropped, step }: TrackReportData): Markup {
  const count = (is: (track: TrackReportData["tracks"][number]) => boolean) =>
    tracks.filter(is).length;
  const gaps = tracks.reduce((sum, { gaps }) => sum + gaps, 0);
  const divisions = count(({ end }) => end === "divided");
  const [lost, cut] = [count(({ end }) => end === "lost"), count(({ end }) => end === "cut")];
  const list: [number | string, string][] = [
    [frames, wordFor(frames, "frame")],
    [tracks.length, wordFor(tracks.length, "track")],
    [divisions, wordFor(divisions, "division")],
    [count(({ begin }) => begin === "entered"), "entered at the edge"],
    [count(({ end }) => end === "left"), "left at the edge"],
    [count(({ begin }) => begin === "appeared"), "appeared elsewhere"],
    [lost, `${wordFor(lost, "was", "were")} lost elsewhere`],
    ...(cut === 0 ? [] : [[cut, "cut off where frames are missing or empty"] as [number, string]]),
    [gaps, `${wordFor(gaps, "frame")} missing within tracks`],
    [putBack, `${wordFor(putBack, "object")} put back`],
    ...(dropped === undefined
      ? []
      : [[dropped, `${wordFor(dropped, "object")} dropped`] as [number, string]]),
    ...(step === null ? [] : [[step.toFixed(1), "pixels are a typical step"] as [string, string]]),
  ];
  return markup`<ul class="counts">${
    list.map(([number, what]) => markup`<li><b>${number}</b> ${what}</li>`)
  }</ul>
<p class="hint">Tracks that appear or are lost away from the edge are mostly faults of the \
segmentation: look at those first. All numbers are in tracks.csv and objects.csv.</p>`;
}

function wholeFrames({ shown }: TrackReportData, range: GreyRange): Insert {
  return shown.length > 0 && markup`<section><h2>Outlines in the colour of their track</h2>
<p>A track keeps its colour in all frames. Dashed outlines were put back.</p>
<div class="strip" style="--rows:1;--columns:${shown.length}">${
    shown.map((frame) => drawWhole(frame, range))
  }</div></section>
`;
}

function drawWhole(frame: ShownFrame, range: GreyRange): Markup {
  const { width, height } = frame.labels;
  return drawFrame(frame, { window: { x: 0, y: 0, width, height }, range });
}

function drawFrame(
  { time, labels, image, putBack }: ShownFrame,
  { window, range }: { window: Window; range: GreyRange },
): Markup {
  const { x, y, width, height } = window;
  const factor = Math.ceil(Math.max(width, height) / OVERVIEW);
  const picture = image && pictureAddress(shrinkPlane(cropPlane(image, window), factor), range);
  // Without a picture, what is inside is as dark as what is outside.
  const filled = (track: number) =>
    picture ? undefined : new Markup(` style="fill:${trackColour(track)}"`);
  const paths = [...traceContours(labels)].map(([track, loops]) =>
    markup`<path class="track${putBack.has(track) && " back"}" d="${contourPath(loops)}" \
stroke="${trackColour(track)}"${filled(track)}><title>Track ${track}</title></path>`
  );
  return markup`<figure class="frame"><svg viewBox="${x} ${y} ${width} ${height}" role="img" \
aria-label="Frame ${time}">
${
    picture
      ? markup`<image x="${x}" y="${y}" width="${width}" height="${height}" \
preserveAspectRatio="none" href="${picture}"/>`
      : undefined
  }
${paths}
</svg><figcaption><b>Frame ${time}</b></figcaption></figure>
`;
}

function eventsSection(events: readonly EventStrip[], range: GreyRange): Markup {
  return markup`<section><h2>What happened</h2>
${
    events.map(({ kind, tracks, window, frames }) => {
      const [first, ...others] = tracks;
      const what = kind === "division"
        ? `Track ${first} divides into ${others.join(" and ")}`
        : `Track ${first} was missed and put back (dashed)`;
      return markup`<h3>${what}</h3>
<div class="strip" style="--rows:1;--columns:${frames.length}">${
        frames.map((frame) => drawFrame(frame, { window, range }))
      }</div>
`;
    })
  }</section>
`;
}

function lineageSection({ tracks }: TrackReportData): Insert {
  const tree = drawLineage(tracks);
  return tree && markup`<section><h2>Lineage</h2>${tree}</section>
`;
}

function lengthsSection({ tracks }: TrackReportData): Insert {
  if (tracks.length === 0) return undefined;
  return markup`<section><h2>Lengths of tracks</h2>
${drawLengths(tracks, { id: "lengths" })}
</section>
`;
}

function lengthsOf(tracks: TrackReportData["tracks"]): number[] {
  return tracks.map(({ length }) => length);
}

/** How many tracks have which length, on the axes of those that are drawn beside them. */
export function drawLengths(
  tracks: TrackReportData["tracks"],
  { beside = [], ...look }: {
    readonly id: string;
    readonly width?: number;
    readonly beside?: readonly TrackReportData["tracks"][];
  },
): Markup {
  const svg = lengthBars(lengthsOf(tracks), {
    ...{ description: "How many tracks have which length", ...look },
    beside: beside.map(lengthsOf),
  });
  return markup`<figure class="panel">${new Markup(svg)}<figcaption>How many tracks have which \
length. Many short ones are objects that flicker, or that were lost and found again under another \
number.</figcaption></figure>`;
}

function seriesSection(series: readonly TrackSeries[]): Insert {
  if (series.length === 0) return undefined;
  // On the dark ground of the plots, on which all colours can be seen.
  const legend = markup`<ul class="legend">${
    series.map(({ track }) =>
      markup`<li><span class="chip" style="background:${trackColour(track)}"></span>${track}</li>`
    )
  }</ul>`;
  const figure = (key: "areas" | "means", title: string) => {
    const lines = series.map((one) => ({ track: one.track, points: one[key] }))
      .filter(({ points }) => points.length > 0);
    if (lines.length === 0) return undefined;
    // Intensities have an offset of the camera.
    const fromZero = key === "areas";
    const svg = trackLines(lines, { id: key, description: `${title} over time`, fromZero });
    return markup`<h3>${title}</h3><figure class="panel">${legend}${new Markup(svg)}</figure>
`;
  };
  return markup`<section><h2>Long tracks over time</h2>
${figure("areas", "Area in pixels")}
${figure("means", "Mean intensity, first channel")}</section>
`;
}
