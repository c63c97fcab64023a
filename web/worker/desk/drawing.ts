/// <reference lib="dom" />
/**
 * Draws a frame with its objects on a canvas.
 *
 * @module
 */

import type { LabelImage, Plane } from "../../../train/images/image.ts";
import { type Loop, traceContours } from "../../../train/objects/contours.ts";
import type { PenStroke } from "../../../train/objects/edits.ts";
import { contourPath } from "../../../train/report/drawing/contour_path.ts";
import { trackColour } from "../../../train/report/tracks/track_colours.ts";
import type { Levels, Look } from "../../shared/messages.ts";

/** Where one draws in a worker. */
type Pen = OffscreenCanvasRenderingContext2D;

/** Outlines of a frame's objects, ready to be drawn. */
export interface Shapes {
  /** One path for each colour. */
  readonly byColour: ReadonlyMap<string, Path2D>;
  /** The loops of each object. */
  readonly loops: ReadonlyMap<number, readonly Loop[]>;
}

/** The outlines of a frame's objects; an object has the colour of its number. */
export function shapesOf(labels: LabelImage): Shapes {
  const loops = traceContours(labels);
  const texts = new Map<string, string>();
  for (const [id, own] of loops) {
    const colour = trackColour(id);
    texts.set(colour, (texts.get(colour) ?? "") + contourPath(own));
  }
  return { loops, byColour: new Map([...texts].map(([colour, d]) => [colour, new Path2D(d)])) };
}

/** The image of a frame in grey. */
export function greyPicture(
  { width, height, data }: Plane,
  { low, high }: Levels,
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d")!;
  const image = pen.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const gain = 255 / Math.max(high - low, 1e-12);
  for (let i = 0; i < data.length; i++) {
    const grey = Math.max(0, Math.min(255, (data[i] - low) * gain)) | 0;
    pixels[i] = 0xff000000 | grey << 16 | grey << 8 | grey;
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** Screen pixels of an outline. */
const LINE = 1.6;
/** The same of the object that is followed. */
const CHOSEN_LINE = 3.2;

/** Draws a frame. */
export function drawFrame(
  pen: Pen,
  { picture, now, before, look }: {
    picture: OffscreenCanvas;
    now: Shapes | null;
    before: Shapes | null;
    look: Look;
  },
): void {
  const { ratio, width, height, scale, x, y, wipe, chosen, stroke } = look;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = "#0b0d0f";
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  const toImage = () => pen.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
  toImage();
  pen.imageSmoothingEnabled = scale < 1;
  pen.drawImage(picture, 0, 0);
  const side = (shapes: Shapes | null, from: number, to: number) => {
    if (shapes === null || look.style === "none") return;
    pen.save();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.beginPath();
    pen.rect(from, 0, to - from, height);
    pen.clip();
    toImage();
    drawShapes(pen, shapes, look);
    if (chosen !== null) drawChosen(pen, shapes, { chosen, scale });
    pen.restore();
  };
  if (wipe === null) side(now, 0, width);
  else {
    side(before, 0, wipe * width);
    side(now, wipe * width, width);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = "#ffffff";
    pen.fillRect(wipe * width - 1, 0, 2, height);
    toImage();
  }
  if (stroke) drawStroke(pen, stroke);
}

function drawShapes(pen: Pen, { byColour }: Shapes, { style, opacity, scale }: Look): void {
  pen.lineWidth = LINE / scale;
  pen.lineJoin = "round";
  for (const [colour, path] of byColour) {
    pen.strokeStyle = pen.fillStyle = colour;
    if (style === "filled") {
      pen.globalAlpha = opacity;
      pen.fill(path, "evenodd");
    }
    pen.globalAlpha = style === "filled" ? Math.max(opacity, 0.35) : 1;
    pen.stroke(path);
  }
  pen.globalAlpha = 1;
}

function drawChosen(
  pen: Pen,
  { loops }: Shapes,
  { chosen, scale }: { chosen: number; scale: number },
): void {
  const own = loops.get(chosen);
  if (!own) return;
  const path = new Path2D(contourPath(own));
  for (const [colour, width] of [["#000000", CHOSEN_LINE + 2], ["#ffffff", CHOSEN_LINE]] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = width / scale;
    pen.stroke(path);
  }
}

function drawStroke(pen: Pen, { points, width }: PenStroke): void {
  if (points.length === 0) return;
  pen.strokeStyle = "#ffffff";
  pen.globalAlpha = 0.7;
  pen.lineWidth = width;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (const point of points) pen.lineTo(...point);
  pen.stroke();
  pen.globalAlpha = 1;
}
