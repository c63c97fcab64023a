/**
 * Plots of what was measured, drawn as those of reports.
 *
 * @module
 */

import { linePlot } from "../../../train/report/drawing/line_plot.ts";
import { PAGE } from "../../../train/report/drawing/palette.ts";
import type { CurveWish, Plots, PlotWish } from "../../shared/messages.ts";
import { texts } from "../../shared/texts.ts";
import type { Tracks } from "./tracks.ts";

const HEIGHT = 150;

/** Area and intensity by frame, of a track or of all. */
export function plotsOf(tracks: Tracks, { track, width }: PlotWish): Plots {
  const { area, intensity } = tracks.curves(track);
  const look = { xName: texts.frame, width, height: HEIGHT, palette: PAGE, fromZero: true };
  const of = track === null ? texts.meanOfAll : texts.trackNamed(track);
  return {
    area: linePlot([{ source: "consistent", points: area }], {
      ...{ ...look, id: "area", description: texts.plotOf(texts.area, of) },
    }),
    intensity: linePlot([{ source: "baseline", points: intensity }], {
      ...{ ...look, id: "intensity", description: texts.plotOf(texts.intensity, of) },
    }),
  };
}

/** How learning goes: the loss on stills and on the movie, by step. */
export function learningCurve({ stills, movie, width }: CurveWish): string {
  return linePlot([
    { source: "baseline", points: stills },
    { source: "consistent", points: movie },
  ], {
    ...{
      id: "learning",
      description: texts.learningCurve,
      xName: texts.step,
      width,
      height: HEIGHT,
    },
    ...{ palette: PAGE, fromZero: true, smooth: true },
  });
}
