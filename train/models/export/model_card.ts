/**
 * The model card: what a model is, how it was trained, how to use it, and what it is not for.
 *
 * @module
 */

import { counted } from "../../counted.ts";
import type { ModelToExport } from "./export_format.ts";

/** The card as Markdown. */
export function modelCard(model: ModelToExport): string {
  const { name, kind, architecture, reading, sizeMultiple, grid, version } = model;
  const { stills, video, decode, channels } = reading;
  const { settings, figures } = model;
  const dataOf = (key: string) => settings === null ? undefined : settings[key];
  const data = [
    ["Labelled stills", dataOf("stills")],
    ["Videos without labels", dataOf("video")],
  ].filter(([, value]) =>
    typeof value === "string" && value !== "" || Array.isArray(value) && value.length > 0
  );
  return [
    `# ${name}`,
    "",
    `${kind.label} of Kymo ${version}, for ${kind.sentence}. Options: ` +
    `${Object.entries(architecture.options).map(([key, value]) => `${key} ${value}`).join(", ")}.`,
    "",
    "## Use",
    "",
    ...(channels
      ? [
        `- Its images have ${counted(channels.length, "channel")}, of the files' ${
          channels.join(", ")
        } in that ` +
        "order, each scaled by percentiles of its own.",
      ]
      : []),
    `- Scale an image so that its percentile ${stills.low} is 0 and its percentile ${stills.high} is ` +
    "1, without clipping; the frames of a video " +
    (video.mode === "video" ? "all by the percentiles of the whole video" : "each by its own") +
    ".",
    `- Both sides must be multiples of ${sizeMultiple} pixels: repeat or mirror the edge, and crop the ` +
    "answer.",
    architecture.kind === "stardist"
      ? `- Channel 0 of the output is the object probability; the others are distances in image ` +
        `pixels to the object's edge along rays: ray k of n goes cos(2πk/n) to the right and ` +
        `sin(2πk/n) down. Output pixel (i, j) is at image pixel (${grid} i, ${grid} j).`
      : "- The output is the foreground probability; objects are its connected pixels above the " +
        "threshold.",
    `- Decoding that was tuned on its validation stills: \`${JSON.stringify(decode)}\`.`,
    "",
    "## Data",
    "",
    ...(data.length === 0
      ? ["The files do not say what it was trained on."]
      : data.map(([label, value]) => `- ${label}: \`${[value].flat().join("`, `")}\``)),
    "",
    "## Figures",
    "",
    ...(figures.length === 0
      ? ["None were kept with the weights: measure it on labelled images of your own."]
      : [
        "Of its own validation, on images that it was not trained on but chosen by:",
        "",
        "| figure | value |",
        "|---|---|",
        ...figures.map(([figure, value]) => `| ${figure} | ${value} |`),
      ]),
    "",
    "## Limits",
    "",
    "It knows images like those it was trained on. Another magnification, staining or kind of " +
    "microscope needs new labelled stills, or at least a look at its answers. Objects much larger " +
    "or smaller than those it has seen are found in pieces or not at all. No licence is stated here: " +
    "that of its images may bind you.",
    "",
    ...(settings === null
      ? []
      : ["## Settings", "", "```json", JSON.stringify(settings, null, 2), "```", ""]),
  ].join("\n");
}
