/**
 * What OME-Zarr's attributes say of images, by the NGFF specification, versions 0.4 and 0.5.
 *
 * @module
 */

import type { Calibration } from "../../image.ts";
import type { ArrayAxis } from "../arrays/array_stack.ts";

/** Attributes of a group, as far as they are used; whatever a file holds may be missing. */
export interface ZarrAttributes {
  /** All of the others, since version 0.5. */
  readonly ome?: ZarrAttributes;
  /** Images in several resolutions. */
  readonly multiscales?: readonly ImageAttributes[];
  /** How channels are shown. */
  readonly omero?: { readonly channels?: readonly { readonly label?: string }[] };
  /** A plate of wells. */
  readonly plate?: { readonly wells?: readonly { readonly path: string }[] };
  /** Names of label images. */
  readonly labels?: readonly string[];
  /** Written by bioformats2raw: images in numbered groups. */
  readonly "bioformats2raw.layout"?: number;
}

interface ImageAttributes {
  readonly axes?: readonly (string | { readonly name?: string; readonly unit?: string })[];
  readonly datasets?: readonly {
    readonly path?: string;
    readonly coordinateTransformations?: readonly Transformation[];
  }[];
  readonly coordinateTransformations?: readonly Transformation[];
}

interface Transformation {
  readonly type?: string;
  readonly scale?: readonly number[];
}

/** An image in several resolutions. */
export interface Multiscale {
  /** What the axes are; none where they are not known. */
  readonly axes: readonly ArrayAxis[];
  /** Its resolutions, the finest first. */
  readonly datasets: readonly { readonly path: string; readonly calibration?: Calibration }[];
}

/** The images of a group, and its attributes without what they lie in. */
export function multiscalesOf(
  attributes: ZarrAttributes,
): { multiscales: readonly Multiscale[]; ome: ZarrAttributes } {
  const ome = attributes.ome ?? attributes;
  const listed: readonly ImageAttributes[] = Array.isArray(ome.multiscales) ? ome.multiscales : [];
  const multiscales = listed.map((image): Multiscale => {
    const named = (image.axes ?? []).map((axis) =>
      typeof axis === "string"
        ? { name: axis, unit: undefined }
        : { name: axis.name ?? "", unit: axis.unit }
    );
    const keys = named.map(({ name }) => name.toLowerCase());
    const isKnown = new Set(keys).size === keys.length &&
      keys.every((key) => "tczyx".includes(key));
    const outer = scaleOf(image.coordinateTransformations);
    const units = new Map(named.map((axis) => [axis.name, axis.unit]));
    return {
      axes: isKnown ? keys as ArrayAxis[] : [],
      datasets: (image.datasets ?? []).filter(({ path }) => typeof path === "string").map(
        ({ path, coordinateTransformations }) => {
          const inner = scaleOf(coordinateTransformations);
          const sizes = keys.map((_, i) => (inner?.[i] ?? 1) * (outer?.[i] ?? 1));
          const calibration = inner === null && outer === null
            ? undefined
            : calibrationOf(keys, { sizes, units });
          return { path: path!, ...calibration && { calibration } };
        },
      ),
    };
  });
  return { multiscales, ome };
}

function scaleOf(transformations: readonly Transformation[] | undefined): readonly number[] | null {
  return transformations?.find(({ type }) => type === "scale")?.scale ?? null;
}

/** Units of length as they are written elsewhere, and seconds in other units of time. */
const LENGTHS: Readonly<Record<string, string>> = {
  micrometer: "micron",
  nanometer: "nm",
  millimeter: "mm",
};
const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  millisecond: 1e-3,
  microsecond: 1e-6,
  minute: 60,
  hour: 3600,
};

function calibrationOf(
  keys: readonly string[],
  { sizes, units }: {
    sizes: readonly number[];
    units: ReadonlyMap<string, string | undefined>;
  },
): Calibration | undefined {
  const sizeOf = (axis: string) => keys.includes(axis) ? sizes[keys.indexOf(axis)] : undefined;
  const [width, height, depth] = [sizeOf("x"), sizeOf("y"), sizeOf("z")];
  const unit = units.get("x");
  if (!unit || !(width! > 0 && height! > 0)) return undefined;
  const step = (sizeOf("t") ?? 0) * (SECONDS[units.get("t") ?? ""] ?? 0);
  return {
    ...{ width: width!, height: height!, unit: LENGTHS[unit] ?? unit },
    ...depth !== undefined && depth > 0 && { depth },
    ...step > 0 && { interval: step },
  };
}
