/**
 * Consecutive frames side by side, with the outlines that each model draws on them.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { LabelSource } from "../data.ts";
import { drawOverview, drawPath, drawPicture, isPart } from "../drawing/frame_drawing.ts";
import { capitalise, type Insert, type Markup, markup } from "../drawing/markup.ts";
import { type GreyRange, greyRange } from "../drawing/picture.ts";
import { chooseWindow, reachesInto, type Window } from "../drawing/window.ts";
import type { Outlines, StripFrame } from "../outlines.ts";
import { MODELS } from "../sources.ts";

/**
 * Draws one strip: a row per model, a column per frame, and the whole frame below if the strip
 * shows only a part of it.
 *
 * @param number Makes the ids of the strip's pictures unique on the page.
 */
export function drawStrip(strip: readonly StripFrame[], number: number): Markup {
  const window = chooseWindow(strip);
  const range = greyRange(strip.map(({ image }) => image));
  const models = MODELS.filter((model) => strip.some(({ outlines }) => outlines[model]));
  // Frames without any model still show their picture.
  const rows = models.length > 0 ? models : [undefined];
  const cells = strip.flatMap((frame, column) =>
    rows.map((model, row) => {
      const id = `frame${number}-${column}`;
      return drawFrame(frame, { model, window, range, id, first: row === 0 });
    })
  );
  return markup`<div class="strip" style="--rows:${rows.length};--columns:${strip.length}">
${cells}</div>
${truthNote(strip, window)}
${isPart(window, strip[0]) && drawWhole(strip, { model: models.at(-1), window, range })}`;
}

interface FrameOptions {
  readonly model: LabelSource | undefined;
  readonly window: Window;
  readonly range: GreyRange;
  /** Id of the picture, which the first row defines and the others use. */
  readonly id: string;
  readonly first: boolean;
}

function drawFrame(frame: StripFrame, options: FrameOptions): Markup {
  const { model, window, range, id, first } = options;
  const { x, y, width, height } = window;
  const outlines = model && frame.outlines[model];
  const counts = outlines && describe(countIn(outlines, window));
  const name = model ? `${capitalise(model)}, frame ${frame.index}` : `Frame ${frame.index}`;
  const picture = first ? drawPicture(frame, { window, range, id }) : markup`<use href="#${id}"/>`;
  const truth = frame.outlines.truth?.contours ?? new Map();
  return markup`<figure class="frame ${model}">\
<svg viewBox="${x} ${y} ${width} ${height}" role="img" aria-label="${name}${
    counts && `: ${counts}`
  }">
${picture}
${drawPath("truth", truth, window)}
${outlines && drawOutlines(outlines, window)}
</svg><figcaption><b>${name}</b>${counts && markup` <span>${counts}</span>`}</figcaption></figure>
`;
}

function drawOutlines({ contours, appeared, vanished }: Outlines, window: Window): Insert {
  const kept = new Map([...contours].filter(([id]) => !appeared.has(id)));
  const fresh = new Map([...contours].filter(([id]) => appeared.has(id)));
  return [
    drawPath("object", kept, window),
    drawPath("appeared", fresh, window),
    drawPath("vanished", vanished, window),
  ];
}

/** The whole first frame with the outlines of one model. */
function drawWhole(
  strip: readonly StripFrame[],
  { model, window, range }: { model: LabelSource | undefined; window: Window; range: GreyRange },
): Markup {
  const [{ image: { width, height }, outlines }] = strip;
  const contours = (model && outlines[model]?.contours) ?? new Map();
  const changes = strip.some((frame) => MODELS.some((name) => hasTurnover(frame.outlines[name])));
  return drawOverview(strip[0], {
    style: model,
    window,
    range,
    outlines: drawPath("object", contours, { x: 0, y: 0, width, height }),
    subject: model ? `, outlined by the ${model} model` : "",
    reason: `most objects of all models together ${changes ? "appear or vanish" : "are"} there`,
  });
}

function hasTurnover(outlines: Outlines | undefined): boolean {
  return outlines !== undefined && outlines.appeared.size + outlines.vanished.size > 0;
}

interface Counts {
  readonly objects: number;
  readonly fresh: number;
  readonly gone: number;
}

function countIn({ contours, appeared, vanished }: Outlines, window: Window): Counts {
  const seen = [...contours].filter(([, loops]) => reachesInto(loops, window));
  return {
    objects: seen.length,
    fresh: seen.filter(([id]) => appeared.has(id)).length,
    gone: [...vanished.values()].filter((loops) => reachesInto(loops, window)).length,
  };
}

function describe({ objects, fresh, gone }: Counts): string {
  return [
    counted(objects, "object"),
    ...(fresh > 0 ? [`${fresh} new`] : []),
    ...(gone > 0 ? [`${gone} gone`] : []),
  ].join(", ");
}

/** Nuclei divide and die: what the truth says about new and gone objects in the same window. */
function truthNote(strip: readonly StripFrame[], window: Window): Insert {
  const known = strip.flatMap(({ outlines }) => outlines.truth ?? []);
  if (known.length < 2) return undefined;
  const counts = known.map((outlines) => countIn(outlines, window));
  const sum = (key: keyof Counts) => counts.reduce((total, count) => total + count[key], 0);
  return markup`<p class="hint">In the truth, ${sum("fresh")} new and ${
    sum("gone")
  } gone here over these frames.</p>`;
}
