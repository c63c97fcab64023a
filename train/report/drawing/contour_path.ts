/**
 * Outlines of labelled objects as SVG draws them.
 *
 * @module
 */

import type { Loop } from "../../objects/contours.ts";

/** SVG path data of closed loops with horizontal and vertical edges, as short as it gets. */
export function contourPath(loops: readonly Loop[]): string {
  return loops.map((loop) => {
    let path = `M${loop[0][0]} ${loop[0][1]}`;
    for (let i = 1; i < loop.length; i++) {
      const [dx, dy] = [loop[i][0] - loop[i - 1][0], loop[i][1] - loop[i - 1][1]];
      path += dy === 0 ? `h${dx}` : `v${dy}`;
    }
    return path + "z";
  }).join("");
}
