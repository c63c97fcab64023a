/**
 * The table of objects, `objects.csv`: a line for each object of each frame.
 *
 * @module
 */

import type { Calibration, Plane } from "../../images/image.ts";
import { intensityOf, shapeOf } from "../measures.ts";
import type { FilledObject } from "./fill_gaps.ts";

/**
 * What the table is of.
 *
 * @category Sequences
 */
export interface ObjectTableOptions {
  /** What each channel is called, in the order in which frames give them; none without images. */
  readonly channels?: readonly string[];
  /**
   * How large a pixel is: lengths and areas are then in its unit, which the header names. Inches and
   * centimetres are of printers, not of microscopes, and do not count.
   */
  readonly calibration?: Calibration;
}

/** The columns of the table before those of channels, in pixels. */
const COLUMNS = [
  ...[
    "frame",
    "track",
    "label",
    "y",
    "x",
    "area",
    "perimeter",
    "eccentricity",
    "border",
    "put_back",
  ],
] as const;

/**
 * Writes the table line by line.
 *
 * @category Sequences
 */
export class ObjectTable {
  readonly #options: ObjectTableOptions;

  /** Starts a table. */
  constructor({ channels, calibration }: ObjectTableOptions = {}) {
    const isOfPaper = calibration !== undefined && /^(inch|cm)$/.test(calibration.unit);
    this.#options = { channels, calibration: isOfPaper ? undefined : calibration };
  }

  /** The first line. */
  get header(): string {
    const { channels = [], calibration } = this.#options;
    const unit = calibration && quoted(calibration.unit);
    const units: Record<string, string> = unit
      ? { y: unit, x: unit, perimeter: unit, area: `${unit}^2` }
      : {};
    const names = COLUMNS.map((name) => name in units ? `${name} [${units[name]}]` : name);
    const measures = channels.flatMap((channel) =>
      ["mean", "min", "max", "sum"].map((measure) => `${measure}_${quoted(channel)}`)
    );
    return `${[...names, ...measures].join(",")}\n`;
  }

  /**
   * The lines of a frame.
   *
   * @param images Its channels, of the frame's size.
   */
  lines(
    { time, objects }: { readonly time: number; readonly objects: readonly FilledObject[] },
    images: readonly Plane[] = [],
  ): string {
    const { width = 1, height = 1 } = this.#options.calibration ?? {};
    return objects.map((object) => {
      const { perimeter, eccentricity } = shapeOf(object);
      const cells = [
        ...[time, object.track, object.label],
        ...[object.y * height, object.x * width, object.area * width * height],
        ...[perimeter * Math.sqrt(width * height), eccentricity],
        ...[object.border ? 1 : 0, object.putBack ? 1 : 0],
        ...images.flatMap((image) => {
          const { mean, min, max, sum } = intensityOf(object, image);
          return [mean, min, max, sum];
        }),
      ];
      return `${cells.map(rounded).join(",")}\n`;
    }).join("");
  }
}

/** Nine digits, without zeros at the end. */
function rounded(value: number): number {
  return Number(value.toPrecision(9));
}

/** A name without what would end its column. */
function quoted(name: string): string {
  return name.replaceAll(/[",;\s]+/g, " ").trim();
}
