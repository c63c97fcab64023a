/**
 * The true objects of a frame, outlined in the colour of who finds them: figure 4 of the paper.
 *
 * @module
 */

import { traceContours } from "../../objects/contours.ts";
import type { FrameView } from "../data.ts";
import { type Finder, type Findings, findingsOf, FOUND_IOU } from "../findings.ts";
import {
  type Contours,
  drawOverview,
  drawPath,
  drawPicture,
  isPart,
} from "../drawing/frame_drawing.ts";
import { type Insert, type Markup, markup } from "../drawing/markup.ts";
import { greyRange } from "../drawing/picture.ts";
import { type Window, windowOn } from "../drawing/window.ts";
import { MODELS } from "../sources.ts";

/** The objects that one model misses are often the dim ones: this makes them visible. */
const GAMMA = 0.6;

/** In the order of the legend. */
const FINDERS: readonly { finder: Finder; name: string; about: string }[] = [
  { finder: "both", name: "Found by both", about: "" },
  {
    finder: "consistent",
    name: "Found by the consistent model only",
    about: "missed by the baseline",
  },
  {
    finder: "baseline",
    name: "Found by the baseline only",
    about: "missed by the consistent model",
  },
  { finder: "neither", name: "Missed by both", about: "" },
];

/** Later ones lie on top, where the outlines of neighbours meet. */
const DRAWING_ORDER: readonly Finder[] = ["both", "neither", "baseline", "consistent"];

/**
 * The picture of the first frame that can be judged, and the counts of all of them.
 *
 * @returns Nothing without a frame that has truth and the labels of baseline and consistent model.
 * @throws {RangeError} if a label image differs in size from its frame.
 */
export function findingsFigure(judged: readonly FrameView[]): Insert {
  const findings = judged.flatMap((frame) => findingsOf(frame) ?? []);
  if (findings.length === 0) return undefined;
  const { index } = findings[0].frame;
  const seed = findings.length > 1 ? " (the models of the first seed)" : "";
  return markup`<p>The true objects on frame ${index}, coloured by which model finds them${seed}. \
A model finds an object if it draws one that shares at least half of the area that the two cover \
together (intersection over union ≥ ${FOUND_IOU}), one for one. Dim objects are shown brighter than they are.</p>
${countTable(findings)}
${drawFindings(findings[0])}
<p class="hint">${foundText(findings)} What a model draws where there is no object is not shown \
here; it lowers the average precision.</p>
`;
}

/** The legend, with the counts of the frame drawn and of the frames of all seeds. */
function countTable(findings: readonly Findings[]): Markup {
  const many = findings.length > 1;
  const rows = FINDERS.map(({ finder, name, about }) => {
    const counts = findings.map(({ objects }) => objects[finder].size);
    const sum = counts.reduce((total, count) => total + count, 0);
    return markup`<tr><th scope="row"><svg class="dark" viewBox="0 0 26 19" aria-hidden="true">\
<path class="by-${finder}" d="M5 4h16v11h-16z"/></svg>${name}${
      about !== "" && markup`<span class="hint">, ${about}</span>`
    }</th><td>${counts[0]}</td>${many && markup`<td>${sum}</td>`}</tr>
`;
  });
  return markup`<table class="finders"><thead><tr><th scope="col">True objects</th>\
<th scope="col">this frame</th>${many && markup`<th scope="col">all ${findings.length} seeds</th>`}\
</tr></thead><tbody>
${rows}</tbody></table>
`;
}

function drawFindings({ frame, objects }: Findings): Markup {
  const { width, height } = frame.image;
  const contours = traceContours(frame.labels.truth!);
  const contoursOf = (...finders: Finder[]): Contours =>
    new Map([...contours].filter(([id]) => finders.some((finder) => objects[finder].has(id))));
  const differences = contoursOf("consistent", "baseline");
  const window = windowOn(frame.image, {
    objects: [...contours.values()],
    events: [...differences.values()],
  });
  const range = { ...greyRange([frame.image]), gamma: GAMMA };
  const outlines = (part: Window) =>
    DRAWING_ORDER.map((finder) => drawPath(`by-${finder}`, contoursOf(finder), part));
  const name = FINDERS.map((row) => `${row.name.toLowerCase()}: ${objects[row.finder].size}`);
  return markup`<div class="findings"><figure class="frame">\
<svg viewBox="${window.x} ${window.y} ${window.width} ${window.height}" role="img" \
aria-label="True objects of frame ${frame.index}, ${name.join(", ")}">
${drawPicture(frame, { window, range })}
${outlines(window)}
</svg></figure>
${
    isPart(window, frame) && drawOverview(frame, {
      style: undefined,
      window,
      range,
      outlines: outlines({ x: 0, y: 0, width, height }),
      subject: "",
      reason: differences.size > 0
        ? "the two models differ most there"
        : "most objects are there: the two models find the same ones",
    })
  }</div>
`;
}

/** How many objects each model finds, over all frames. */
function foundText(findings: readonly Findings[]): string {
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  const counts = MODELS.flatMap((model) => {
    const found = findings.flatMap((finding) => finding.found[model] ?? []);
    return found.length === findings.length ? `${model} ${sum(found)}` : [];
  });
  const total = sum(findings.map((finding) => finding.total));
  const where = findings.length > 1 ? `, added up over ${findings.length} seeds` : "";
  return `True objects found, of ${total}${where}: ${counts.join(", ")}.`;
}
