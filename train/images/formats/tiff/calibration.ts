/**
 * How large a pixel is, from the tags of a TIFF's first page and the descriptions in it.
 *
 * @module
 */

import type { Calibration } from "../../image.ts";
import { imageJValue, isImageJ } from "./imagej.ts";
import { isOme } from "./ome.ts";
import { xmlTags } from "./xml.ts";

/** Pixels for each unit, from the tags of a page. */
export interface Resolution {
  /** Pixels in a row for each unit; 0 where nothing is said. */
  readonly x: number;
  /** Pixels in a column for each unit. */
  readonly y: number;
  /** ResolutionUnit: 1 none, 2 inch, 3 centimetre. */
  readonly unit: number;
}

/**
 * The size of a pixel that OME-XML, ImageJ or else the tags tell; null where none does. Micrometres are
 * called `micron`, as ImageJ calls them.
 */
export function calibrationOf(
  descriptions: readonly string[],
  resolution: Resolution,
): Calibration | null {
  const ome = descriptions.find(isOme);
  if (ome !== undefined) {
    const found = ofOme(ome);
    if (found !== null) return found;
  }
  const imageJ = descriptions.find(isImageJ);
  const { x, y } = resolution;
  const tagUnit = [undefined, undefined, "inch", "cm"][resolution.unit];
  const unit = unitName(imageJ === undefined ? tagUnit : imageJValue(imageJ, "unit") ?? tagUnit);
  if (!(x > 0 && y > 0) || unit === undefined || /^pixels?$/.test(unit)) return null;
  const number = (key: string) => positive(imageJ && imageJValue(imageJ, key));
  const fps = number("fps");
  return calibration({
    ...{ width: 1 / x, height: 1 / y, unit },
    depth: number("spacing"),
    interval: number("finterval") ?? (fps === undefined ? undefined : 1 / fps),
  });
}

/** What the first image of OME-XML says. */
function ofOme(xml: string): Calibration | null {
  for (const tag of xmlTags(xml)) {
    if (!tag.isStart || tag.name !== "Pixels") continue;
    const number = (name: string) => positive(tag.attribute(name));
    const [width, height] = [number("PhysicalSizeX"), number("PhysicalSizeY")];
    const unitOf = (axis: string) => unitName(tag.attribute(`PhysicalSize${axis}Unit`)) ?? "micron";
    if (width === undefined || height === undefined || unitOf("X") !== unitOf("Y")) return null;
    const inSeconds = (tag.attribute("TimeIncrementUnit") ?? "s") === "s";
    return calibration({
      ...{ width, height, unit: unitOf("X") },
      depth: unitOf("Z") === unitOf("X") ? number("PhysicalSizeZ") : undefined,
      interval: inSeconds ? number("TimeIncrement") : undefined,
    });
  }
  return null;
}

/** Without what is not known. */
function calibration(
  { depth, interval, ...known }: Calibration,
): Calibration {
  return {
    ...known,
    ...(depth !== undefined && { depth }),
    ...(interval !== undefined && { interval }),
  };
}

function unitName(unit: string | undefined): string | undefined {
  // ImageJ escapes letters as Java does; micrometres have two letters for "micro".
  const name = unit?.replace(
    /\\u([0-9a-f]{4})/gi,
    (_, code) => String.fromCharCode(parseInt(code, 16)),
  );
  if (name === undefined || name.trim() === "") return undefined;
  return /^(?:[\u00b5\u03bcu]m|microns?|micromet(?:er|re)s?)$/i.test(name.trim())
    ? "micron"
    : name.trim();
}

function positive(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === "" ? NaN : Number(text);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}
