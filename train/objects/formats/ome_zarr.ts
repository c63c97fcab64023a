/**
 * Labels and probability maps as OME-Zarr (NGFF 0.4) in a zip archive, chunk by chunk as frames come: unpacked it
 * is a folder, and readers of zipped Zarr take it as it is. Beside labels the image itself is not there, only
 * the group of its labels; a map is an image.
 *
 * @module
 */

import { unzipSync } from "fflate";
import type { Calibration } from "../../images/image.ts";
import { concatenate } from "../../images/formats/tiff_stack.ts";
import type { FileOptions, FrameResult, OutputFormat, OutputLayout } from "./output_format.ts";
import { zipFiles, ZipLayout } from "./zip.ts";

/** Labels as zipped OME-Zarr, `NAME.ome.zarr.zip`. */
export const omeZarr: OutputFormat = {
  flag: "zarr",
  sentence: "Also write labels as OME-Zarr in an archive, NAME.ome.zarr.zip",
  needs: [],
  file: (stem) => `${stem}.ome.zarr.zip`,
  open: (options) =>
    zarrLayout(options, {
      path: "labels/objects",
      dtype: "<u4",
      planeOf: ({ labels }) => labels,
      around: {
        "labels/.zattrs": { labels: ["objects"] },
        "labels/.zgroup": GROUP,
        ".zgroup": GROUP,
      },
      attributes: { "image-label": { version: "0.4", source: { image: "../../" } } },
    }),
  join: joinArchives,
};

/** Probability maps as zipped OME-Zarr, `probability/NAME.ome.zarr.zip`. */
export const probabilityZarr: OutputFormat = {
  flag: "probability-zarr",
  sentence: "Also write probability maps as OME-Zarr of 32-bit floats in an archive, " +
    "probability/NAME.ome.zarr.zip",
  needs: ["map"],
  file: (stem) => `probability/${stem}.ome.zarr.zip`,
  open: (options) =>
    zarrLayout(options, {
      path: "",
      dtype: "<f4",
      planeOf: ({ map }) => map!,
      around: {},
      attributes: {},
    }),
  join: joinArchives,
};

const GROUP = { zarr_format: 2 };

/** What an archive holds of each frame. */
interface Content {
  /** The group that the array `0` is in; that at the top where it is empty. */
  readonly path: string;
  /** Four bytes for each pixel: whole numbers or floats. */
  readonly dtype: "<u4" | "<f4";
  /** The plane of a frame. */
  planeOf(frame: FrameResult): NumberPlane;
  /** Files of the groups around it. */
  readonly around: Readonly<Record<string, object>>;
  /** What its group says besides. */
  readonly attributes: object;
}

interface NumberPlane {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Chunks have the number of their frame; what describes them is the same in all parts, and stands last. */
function joinArchives(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const files = new Map<string, Uint8Array>();
  for (const [name, bytes] of parts.flatMap((part) => Object.entries(unzipSync(part)))) {
    files.delete(name);
    files.set(name, bytes);
  }
  return zipFiles([...files].map(([name, bytes]) => ({ name, bytes })));
}

/** Sides of a chunk in pixels, at most. */
const MOST_SIDE = 1024;
/** Units as NGFF names them. */
const UNITS: Readonly<Record<string, string>> = {
  micron: "micrometer",
  "µm": "micrometer",
  um: "micrometer",
  nm: "nanometer",
  mm: "millimeter",
  cm: "centimeter",
};

function zarrLayout(
  { pages, first = 0, whole = pages, axis = "frames", calibration }: FileOptions,
  content: Content,
): OutputLayout {
  const zip = new ZipLayout();
  let next = first;
  let size: { width: number; height: number } | null = null;
  const inGroup = (name: string) => content.path === "" ? name : `${content.path}/${name}`;
  return {
    add(frame) {
      const plane = content.planeOf(frame);
      size ??= { width: plane.width, height: plane.height };
      const at = next++;
      return concatenate(
        chunksOf(plane, content).map(({ row, column, bytes }) =>
          zip.add({ name: inGroup(`0/${at}/${row}/${column}`), bytes })
        ),
      );
    },
    end() {
      const own = describe({
        ...size ?? { width: 0, height: 0 },
        ...{ whole, axis, calibration, content },
      });
      const files = {
        ...content.around,
        ...Object.fromEntries(Object.entries(own).map(([name, file]) => [inGroup(name), file])),
      };
      const utf8 = new TextEncoder();
      const entries = Object.entries(files).map(([name, content]) =>
        zip.add({ name, bytes: utf8.encode(JSON.stringify(content, null, 2)) })
      );
      return [...entries, zip.end()];
    },
  };
}

/** What the group of the array and the array say of themselves. */
function describe(
  { width, height, whole, axis, calibration, content: { path, dtype, attributes } }: {
    width: number;
    height: number;
    whole: number;
    axis: NonNullable<FileOptions["axis"]>;
    calibration?: Calibration;
    content: Content;
  },
): Record<string, object> {
  const unit = calibration && UNITS[calibration.unit];
  const space = (name: string) => ({ name, type: "space", ...unit && { unit } });
  const { interval, depth } = calibration ?? {};
  const outer = axis === "frames"
    ? { axis: { name: "t", type: "time", ...interval && { unit: "second" } }, step: interval }
    : { axis: space("z"), step: depth };
  const scale = [outer.step ?? 1, calibration?.height ?? 1, calibration?.width ?? 1];
  return {
    ".zgroup": GROUP,
    ".zattrs": {
      multiscales: [{
        version: "0.4",
        name: path.split("/").at(-1) || "probability",
        axes: [outer.axis, space("y"), space("x")],
        datasets: [{ path: "0", coordinateTransformations: [{ type: "scale", scale }] }],
      }],
      ...attributes,
    },
    "0/.zarray": {
      ...{ zarr_format: 2, shape: [whole, height, width], dtype, fill_value: 0 },
      ...{ chunks: [1, ...sidesOf({ width, height })], order: "C", dimension_separator: "/" },
      ...{ compressor: null, filters: null },
    },
  };
}

function sidesOf({ width, height }: { width: number; height: number }): [number, number] {
  return [Math.min(height, MOST_SIDE), Math.min(width, MOST_SIDE)];
}

/** The chunks of a plane; those at its right and lower edge are filled up with background. */
function chunksOf(
  plane: NumberPlane,
  { dtype }: Pick<Content, "dtype">,
): { row: number; column: number; bytes: Uint8Array<ArrayBuffer> }[] {
  const { width, height, data } = plane;
  const [rows, columns] = sidesOf(plane);
  const chunks = [];
  for (let row = 0; row * rows < height; row++) {
    for (let column = 0; column * columns < width; column++) {
      const view = new DataView(new ArrayBuffer(4 * rows * columns));
      const [top, left] = [row * rows, column * columns];
      const put = (at: number, value: number) =>
        dtype === "<u4" ? view.setUint32(at, value, true) : view.setFloat32(at, value, true);
      for (let y = top; y < Math.min(height, top + rows); y++) {
        for (let x = left; x < Math.min(width, left + columns); x++) {
          put(4 * ((y - top) * columns + x - left), data[y * width + x]);
        }
      }
      chunks.push({ row, column, bytes: new Uint8Array(view.buffer) });
    }
  }
  return chunks;
}
