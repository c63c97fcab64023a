/**
 * Labels as OME-Zarr (NGFF 0.4) in a zip archive, chunk by chunk as frames come: unpacked it is a folder, and
 * readers of zipped Zarr take it as it is. The image itself is not in it, only the group of its labels.
 *
 * @module
 */

import { unzipSync } from "fflate";
import type { Calibration, LabelImage } from "../../images/image.ts";
import { concatenate } from "../../images/formats/tiff_stack.ts";
import type { FileOptions, OutputFormat, OutputLayout } from "./output_format.ts";
import { zipFiles, ZipLayout } from "./zip.ts";

/** Labels as zipped OME-Zarr, `NAME.ome.zarr.zip`. */
export const omeZarr: OutputFormat = {
  flag: "zarr",
  sentence: "Also write labels as OME-Zarr in an archive, NAME.ome.zarr.zip",
  needs: [],
  file: (stem) => `${stem}.ome.zarr.zip`,
  open: zarrLayout,
  join(parts) {
    // Chunks have the number of their frame; what describes them is the same in all parts, and stands last.
    const files = new Map<string, Uint8Array>();
    for (const [name, bytes] of parts.flatMap((part) => Object.entries(unzipSync(part)))) {
      files.delete(name);
      files.set(name, bytes);
    }
    return zipFiles([...files].map(([name, bytes]) => ({ name, bytes })));
  },
};

/** Sides of a chunk in pixels, at most. */
const MOST_SIDE = 1024;
const LABELS = "labels/objects";
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
): OutputLayout {
  const zip = new ZipLayout();
  let next = first;
  let size: { width: number; height: number } | null = null;
  return {
    add({ labels }) {
      size ??= labels;
      const at = next++;
      return concatenate(
        chunksOf(labels).map(({ row, column, bytes }) =>
          zip.add({ name: `${LABELS}/0/${at}/${row}/${column}`, bytes })
        ),
      );
    },
    end() {
      const files = describe({ ...size ?? { width: 0, height: 0 }, whole, axis, calibration });
      const utf8 = new TextEncoder();
      const entries = Object.entries(files).map(([name, content]) =>
        zip.add({ name, bytes: utf8.encode(JSON.stringify(content, null, 2)) })
      );
      return [...entries, zip.end()];
    },
  };
}

/** What the groups and the array say of themselves. */
function describe(
  { width, height, whole, axis, calibration }: {
    width: number;
    height: number;
    whole: number;
    axis: NonNullable<FileOptions["axis"]>;
    calibration?: Calibration;
  },
): Record<string, object> {
  const group = { zarr_format: 2 };
  const unit = calibration && UNITS[calibration.unit];
  const space = (name: string) => ({ name, type: "space", ...unit && { unit } });
  const { interval, depth } = calibration ?? {};
  const outer = axis === "frames"
    ? { axis: { name: "t", type: "time", ...interval && { unit: "second" } }, step: interval }
    : { axis: space("z"), step: depth };
  const scale = [outer.step ?? 1, calibration?.height ?? 1, calibration?.width ?? 1];
  return {
    ".zgroup": group,
    "labels/.zgroup": group,
    "labels/.zattrs": { labels: ["objects"] },
    [`${LABELS}/.zgroup`]: group,
    [`${LABELS}/.zattrs`]: {
      multiscales: [{
        version: "0.4",
        name: "objects",
        axes: [outer.axis, space("y"), space("x")],
        datasets: [{ path: "0", coordinateTransformations: [{ type: "scale", scale }] }],
      }],
      "image-label": { version: "0.4", source: { image: "../../" } },
    },
    [`${LABELS}/0/.zarray`]: {
      ...{ zarr_format: 2, shape: [whole, height, width], dtype: "<u4", fill_value: 0 },
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
  labels: LabelImage,
): { row: number; column: number; bytes: Uint8Array<ArrayBuffer> }[] {
  const { width, height, data } = labels;
  const [rows, columns] = sidesOf(labels);
  const chunks = [];
  for (let row = 0; row * rows < height; row++) {
    for (let column = 0; column * columns < width; column++) {
      const view = new DataView(new ArrayBuffer(4 * rows * columns));
      const [top, left] = [row * rows, column * columns];
      for (let y = top; y < Math.min(height, top + rows); y++) {
        for (let x = left; x < Math.min(width, left + columns); x++) {
          view.setUint32(4 * ((y - top) * columns + x - left), data[y * width + x], true);
        }
      }
      chunks.push({ row, column, bytes: new Uint8Array(view.buffer) });
    }
  }
  return chunks;
}
