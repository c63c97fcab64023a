/**
 * Outlines on frames: what the film strips and the comparison with the truth draw alike.
 *
 * @module
 */

import type { Loop } from "../../objects/contours.ts";
import type { FrameView } from "../data.ts";
import { contourPath } from "./contour_path.ts";
import { type Insert, type Markup, markup } from "./markup.ts";
import { cropPlane, type GreyRange, pictureAddress, shrinkPlane } from "./picture.ts";
import { reachesInto, type Window } from "./window.ts";

/** Pixels across in the picture of the whole frame. */
const OVERVIEW = 800;

/** The loops of objects by id. */
export type Contours = ReadonlyMap<number, readonly Loop[]>;

/** One path of all objects that reach into the window; nothing if there is none. */
export function drawPath(name: string, contours: Contours, window: Window): Insert {
  const path = [...contours.values()].filter((loops) => reachesInto(loops, window))
    .map(contourPath).join("");
  return path !== "" && markup`<path class="${name}" d="${path}"/>`;
}

/** The part of a picture in a window, in pixels of the whole. */
export function drawPicture(
  { image }: FrameView,
  { window, range, id }: { window: Window; range: GreyRange; id?: string },
): Markup {
  const { x, y, width, height } = window;
  return markup`<image${
    id && markup` id="${id}"`
  } x="${x}" y="${y}" width="${width}" height="${height}" href="${
    pictureAddress(cropPlane(image, window), range)
  }"/>`;
}

/** How a whole frame is drawn. */
export interface OverviewOptions {
  /** Classes of the figure beside `overview`. */
  readonly style: string | undefined;
  /** The part that is shown enlarged. */
  readonly window: Window;
  /** Shown as black and white. */
  readonly range: GreyRange;
  /** Paths on the picture. */
  readonly outlines: Insert;
  /** What the outlines are, following the name of the frame; empty for nothing. */
  readonly subject: string;
  /** Why the part was chosen, following "because". */
  readonly reason: string;
}

/** The whole frame, made smaller where it is large, with the place of the window. */
export function drawOverview({ image, index }: FrameView, options: OverviewOptions): Markup {
  const { width, height } = image;
  const { style, window, range, outlines, subject, reason } = options;
  const small = shrinkPlane(image, Math.ceil(Math.max(width, height) / OVERVIEW));
  return markup`<figure class="overview ${style}">\
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="The whole of frame ${index}">
<image width="${width}" height="${height}" preserveAspectRatio="none" href="${
    pictureAddress(small, range)
  }"/>
${outlines}
<rect class="window" x="${window.x}" y="${window.y}" width="${window.width}" \
height="${window.height}"/>
</svg><figcaption>The whole of frame ${index}${subject}. The white frame is the enlarged part \
(${window.width} × ${window.height} pixels), chosen because ${reason}.</figcaption></figure>
`;
}

/** Whether a window leaves out something of a frame. */
export function isPart(window: Window, { image }: FrameView): boolean {
  return window.width < image.width || window.height < image.height;
}
