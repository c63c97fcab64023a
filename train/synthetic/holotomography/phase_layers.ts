/**
 * Cells to thin layers of refractive index, and to the labels of their nuclei or nucleoli.
 *
 * @module
 */

import type { LabelImage } from "../../images/image.ts";
import { smoothStep } from "../nucleus.ts";
import { type Blob, depthIn, type Inclusion, type PhaseCell } from "./phase_cell.ts";
import type { Layers } from "./phase_optics.ts";
import { type Texture, textureAt } from "../texture.ts";

/** Layers above and below the focus; what lies further away is seen in the last one. */
const REACH = 6;

/** Half the thickness of a cell in planes. */
const CELL_HEIGHT = 2;

/** Paints cells into layers, one plane apart, of a periodic field. */
export function paintLayers(
  cells: readonly PhaseCell[],
  { grid, texture }: { grid: number; texture: Texture },
): Layers {
  const layers = Array.from({ length: 2 * REACH + 1 }, () => new Float32Array(grid * grid));
  const add = (z: number, i: number, value: number) => {
    const at = Math.max(0, Math.min(2 * REACH - 1e-6, z + REACH));
    const low = Math.floor(at);
    layers[low][i] += value * (low + 1 - at);
    layers[low + 1][i] += value * (at - low);
  };
  for (const cell of cells) {
    const { body, nucleus } = cell;
    visit(body, grid, ({ i, dx, dy, depth }) => {
      if (depth <= 0) return;
      const thickness = 1 - (1 - depth) ** 2;
      const inNucleus = depthIn(nucleus, dx - nucleus.x, dy - nucleus.y) * nucleus.radius;
      const covered = smoothStep((inNucleus + 1) / 2);
      const noise = textureAt(texture, dx + cell.grainOrigin[0], dy + cell.grainOrigin[1]);
      const rim = 45 * Math.exp(-((inNucleus / 0.9) ** 2));
      const cytoplasm = thickness * body.contrast +
        cell.grain * noise * Math.sqrt(thickness) * (1 - 0.85 * covered);
      // The body is thick: a half of it in the middle, a quarter each above and below.
      add(body.z, i, cytoplasm / 2 + nucleus.contrast * covered + rim);
      add(body.z - CELL_HEIGHT, i, cytoplasm / 4);
      add(body.z + CELL_HEIGHT, i, cytoplasm / 4);
    });
    for (const inclusion of [...cell.nucleoli, ...cell.droplets]) {
      visit(inCell(cell, inclusion), grid, ({ i, depth }) => {
        const coverage = smoothStep((depth * inclusion.radius + 0.7) / 1.4);
        if (coverage > 0) add(inclusion.z, i, inclusion.contrast * coverage);
      });
    }
  }
  return { grid, first: -REACH, layers };
}

/** Labels of the middle of the field: the nuclei, or the nucleoli. */
export function paintLabels(
  cells: readonly PhaseCell[],
  { grid, size, target }: { grid: number; size: number; target: "nuclei" | "nucleoli" },
): LabelImage {
  const data = new Uint32Array(size * size);
  const margin = Math.floor((grid - size) / 2);
  for (const cell of cells) {
    for (const object of target === "nuclei" ? [cell.nucleus] : cell.nucleoli) {
      visit(inCell(cell, object), grid, ({ x, y, depth }) => {
        const [column, row] = [x - margin, y - margin];
        const isInside = column >= 0 && row >= 0 && column < size && row < size;
        if (isInside && depth > 0) data[row * size + column] = object.id;
      });
    }
  }
  return { width: size, height: size, data };
}

/** An inclusion at its place in the field. */
function inCell({ body }: PhaseCell, inclusion: Inclusion): Inclusion {
  return { ...inclusion, x: body.x + inclusion.x, y: body.y + inclusion.y };
}

/** Visits the pixels of a periodic field around a blob, with the vector from its centre. */
function visit(
  blob: Blob,
  grid: number,
  use: (at: { i: number; x: number; y: number; dx: number; dy: number; depth: number }) => void,
): void {
  const extent = 1.45 * blob.radius * Math.sqrt(blob.aspect) + 1;
  const wrap = (k: number) => ((k % grid) + grid) % grid;
  for (let row = Math.ceil(blob.y - extent); row <= blob.y + extent; row++) {
    for (let column = Math.ceil(blob.x - extent); column <= blob.x + extent; column++) {
      const [x, y] = [wrap(column), wrap(row)];
      const [dx, dy] = [column - blob.x, row - blob.y];
      use({ i: y * grid + x, x, y, dx, dy, depth: depthIn(blob, dx, dy) });
    }
  }
}
