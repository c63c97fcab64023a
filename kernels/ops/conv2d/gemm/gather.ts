/**
 * How a matrix product gathers the windows of an image: a vector of 4 neighbouring pixels, moved by the
 * place of a tap, at a time.
 *
 * @module
 */

/** WGSL that gathers 4 pixels, in an invocation that always loads the same ones. */
export interface Gather {
  /** The type of what it reads by `x_at()`. */
  readonly type: "vec4f" | "f32";
  /**
   * Of the place of the first pixel, `loaded`, it finds `row` and `column`; rows past the `area` of an
   * image are far outside.
   */
  readonly place: string;
  /**
   * Finds `pixels`, of which the first is at `from_row` and `from_column`, in the plane that begins at
   * element `plane`; 0 outside the image.
   */
  readonly load: string;
}

/** Pixel by pixel, for images of any width: each may lie in another row. */
const byPixels: Gather = {
  type: "f32",
  place: `let places = loaded + vec4u(0u, 1u, 2u, 3u);
  let row = select(vec4i(-65536), vec4i(places / p.width), places < vec4u(area));
  let column = vec4i(places % p.width);`,
  load: `let inside = (vec4u(from_row) < vec4u(p.height)) & (vec4u(from_column) < vec4u(p.width));
      let at = plane + from_row * i32(p.width) + from_column;
      let pixels =
        select(vec4f(0.0), vec4f(x_at(at.x), x_at(at.y), x_at(at.z), x_at(at.w)), inside);`,
};

/**
 * By vectors, where rows are in fours and a tap moves by one column at most: all four pixels lie in one
 * vector, or three in it and one in its neighbour.
 */
const byVectors: Gather = {
  type: "vec4f",
  place: `let row = select(-65536, i32(loaded / p.width), loaded < area);
  let column = i32(loaded % p.width);`,
  load: `let inside = u32(from_row) < p.height;
      let at = (plane + from_row * i32(p.width) + column) / 4;
      var pixels = select(vec4f(0.0), x_at(at), inside);
      if (right != 0) {
        let beside = column + 4 * right;
        let other = select(vec4f(0.0), x_at(at + right), inside && u32(beside) < p.width);
        pixels = select(vec4f(pixels.yzw, other.x), vec4f(other.w, pixels.xyz), right < 0);
      }`,
};

/** How the windows of a kernel of side k are gathered from an image of this width. */
export function gatherFor(k: number, width: number): Gather {
  return k <= 3 && width % 4 === 0 ? byVectors : byPixels;
}
