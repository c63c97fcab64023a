/**
 * Connected components with labels in raster order, equal to `skimage.measure.label`.
 *
 * Every pixel points to an earlier pixel of its component, or to itself: a forest. First each pixel
 * points to the first of its neighbours before it. Then, in rounds, the forest is flattened, so that
 * every pixel points to its root, and any two roots that touch are joined: the later one is made to
 * point to the earlier one. If something else has made it point elsewhere meanwhile, that place and
 * the earlier root are joined in turn, so no connection is lost whatever the order. (A join is a
 * sequence of single atomic minima, and links together with joins under way always connect the same
 * pixels.) In the end each component has one root, its first pixel in raster order.
 *
 * Software adapters silently end long loops, so every loop here is short, by two bounds:
 * - A flattening pass replaces each pointer by its 64th ancestor at least, so log₆₄ n passes
 *   flatten any forest of n pixels, also the spiral that is one long path.
 * - A join gives up after 64 steps and asks for another round. Its first step alone is enough for
 *   this: a root that touches an earlier one disappears in a round; one that touches only later ones
 *   takes in one of them, or that one ends below a still earlier root, which the first now touches,
 *   so that it disappears in the next round. The roots that are not done therefore halve every two
 *   rounds, and 2·log₂ n rounds are enough. Objects need one round, noise sometimes two.
 *
 * The rounds are algorithm S of S. Liu and R. Tarjan, "Simple concurrent labeling algorithms for
 * connected components", 2019; the join is that of Y. Komura, "GPU-based cluster-labeling algorithm
 * without the use of conventional iteration", 2015.
 *
 * @module
 */

import { type Device, linearWorkgroups } from "../gpu/device.ts";
import type { DType, Tensor, TypedArrayOf } from "../gpu/tensor.ts";
import { checkMinSize, numberObjects } from "./number_objects.ts";
import { planeSize } from "../parts/plane.ts";
import { NO_GROUP } from "./renumber.ts";
import { runSteps, type Steps } from "./steps.ts";

/**
 * Which neighbours of a pixel belong together: the 4 that share a side, or all 8.
 *
 * @category Masks
 */
export type Connectivity = 4 | 8;

/**
 * Labelled objects of one plane on the GPU.
 *
 * @category Masks
 */
export interface Components {
  /**
   * Label of each pixel: 1..count in raster order of the objects' first pixels, 0 outside and where
   * an object was too small.
   */
  readonly labels: Tensor<"u32">;
  /** Number of objects. */
  readonly count: number;
}

/**
 * Options of {@linkcode connectedComponents}.
 *
 * @category Masks
 */
export interface ComponentsOptions {
  /** Which neighbours belong together. */
  readonly connectivity: Connectivity;
  /** Objects with fewer pixels are left out; 0 or 1 keeps all, which is the default. */
  readonly minSize?: number;
  /** Steps after which a join waits for the next round; 64 unless told, the result is the same. */
  readonly joinSteps?: number;
}

const WORKGROUP = 256;
const LOG2_ANCESTORS = 6;
const JOIN_STEPS = 64;

/** The neighbours before a pixel in raster order, first one first, as (row, column) steps. */
const EARLIER: Record<Connectivity, readonly (readonly [number, number])[]> = {
  4: [[-1, 0], [0, -1]],
  8: [[-1, -1], [-1, 0], [-1, 1], [0, -1]],
};

const SAME_REGION = /* wgsl */ `
fn same_region(i: u32, dy: i32, dx: i32) -> bool {
  let y = i32(i / p.width) + dy;
  let x = i32(i % p.width) + dx;
  if (y < 0 || x < 0 || x >= i32(p.width)) { return false; }
  return image[u32(y) * p.width + u32(x)] == image[i];
}
`;

function startShader(connectivity: Connectivity): string {
  // Last one first, so that the first neighbour has the last word.
  const links = EARLIER[connectivity].toReversed().map(([dy, dx]) =>
    `if (same_region(i, ${dy}, ${dx})) { link = u32(i32(i) + ${dy} * i32(p.width) + ${dx}); }`
  );
  return /* wgsl */ `
struct Params { count: u32, width: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> links: array<u32>;
@group(0) @binding(2) var<storage, read> image: array<u32>;
${SAME_REGION}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count) { return; }
  var link = ${NO_GROUP}u;
  if (image[i] != 0u) {
    link = i;
    ${links.join("\n    ")}
  }
  links[i] = link;
}
`;
}

// Four pixels an invocation, because most are background, for which nothing is looked up.
const FLATTEN = /* @__PURE__ */ (() => /* wgsl */ `
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> flatter: array<vec4u>;
@group(0) @binding(2) var<storage, read> quads: array<vec4u>;
@group(0) @binding(3) var<storage, read> links: array<u32>;

fn ancestor_of(pixel: u32) -> u32 {
  var ancestor = pixel;
  for (var step = 1u; step < ${2 ** LOG2_ANCESTORS}u; step++) {
    let next = links[ancestor];
    if (next == ancestor) { break; }
    ancestor = next;
  }
  return ancestor;
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let quad = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (4u * quad >= p.count) { return; }
  var parents = quads[quad];
  if (any(parents != vec4u(${NO_GROUP}u))) {
    for (var k = 0u; k < 4u; k++) {
      if (4u * quad + k < p.count && parents[k] != ${NO_GROUP}u) {
        parents[k] = ancestor_of(parents[k]);
      }
    }
  }
  flatter[quad] = parents;
}
`)();

function joinShader(connectivity: Connectivity): string {
  const joins = EARLIER[connectivity].map(([dy, dx]) =>
    `if (same_region(i, ${dy}, ${dx})) ` +
    `{ join(roots[i], roots[i32(i) + ${dy} * i32(p.width) + ${dx}]); }`
  );
  return /* wgsl */ `
struct Params { count: u32, width: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> links: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read_write> unfinished: array<atomic<u32>, 1>;
@group(0) @binding(3) var<storage, read> roots: array<u32>;
@group(0) @binding(4) var<storage, read> image: array<u32>;
override join_steps: u32;
${SAME_REGION}
fn join(a: u32, b: u32) {
  var early = min(a, b);
  var late = max(a, b);
  for (var step = 0u; step < join_steps; step++) {
    if (early == late) { return; }
    let before = atomicMin(&links[late], early);
    if (before == late) { return; }
    late = max(before, early);
    early = min(before, early);
  }
  atomicStore(&unfinished[0], 1u);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * ${WORKGROUP}u;
  if (i >= p.count || image[i] == 0u) { return; }
  ${joins.join("\n  ")}
}
`;
}

/** What the kernels work on. */
interface Forest {
  readonly image: Tensor<"u32">;
  readonly width: number;
  readonly connectivity: Connectivity;
  /** For each pixel an earlier one of its component, or itself. */
  links: Tensor<"u32">;
  /** The same flattened, but for joins since. */
  roots: Tensor<"u32">;
  /** 1 if a join of the last round gave up. */
  readonly unfinished: Tensor<"u32">;
}

/**
 * Labels the connected regions of equal value; 0 is background. A mask gives its objects, a label
 * image its connected regions (two objects that touch stay two).
 *
 * @param image One plane `[h, w]`.
 * @returns The labels in the shape of `image`, a tensor of the innermost scope, and their number;
 * waits for the GPU.
 * @throws {TypeError | RangeError} If the image is not one plane.
 * @throws {RangeError} If `minSize` is not a whole number from 0.
 *
 * @example
 * ```ts ignore
 * const { labels, count } = await connectedComponents(device, mask, { connectivity: 8 });
 * ```
 *
 * @category Masks
 */
export async function connectedComponents(
  device: Device,
  image: Tensor<"u32">,
  options: ComponentsOptions,
): Promise<Components> {
  const { labels, count } = await runSteps(
    device,
    label(device, image, { ...options, alsoRead: () => [] }),
  );
  return { labels, count };
}

/**
 * Labelled objects of one plane, read from the GPU.
 *
 * @category Masks
 */
export interface ComponentValues {
  /** As {@linkcode Components.labels}, row by row. */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** Number of objects. */
  readonly count: number;
}

/**
 * What {@linkcode connectedComponents} does, for a caller who wants to have the labels in CPU memory
 * and waits for the GPU himself: one step for objects, seldom two for noise.
 *
 * @category Masks
 */
export function* componentSteps(
  device: Device,
  image: Tensor<"u32">,
  options: ComponentsOptions,
): Steps<ComponentValues> {
  const { labels, count, values } = yield* label(device, image, {
    ...options,
    alsoRead: (labels) => [labels],
  });
  device.free(labels);
  return { labels: values[0] as Uint32Array<ArrayBuffer>, count };
}

/**
 * Numbers the objects after each round, before it is known whether it was the last: that it was is
 * read together with the result.
 */
function* label(
  device: Device,
  image: Tensor<"u32">,
  { connectivity, minSize = 0, joinSteps = JOIN_STEPS, alsoRead }: ComponentsOptions & {
    alsoRead: (labels: Tensor<"u32">) => Tensor[];
  },
): Steps<Components & { values: readonly TypedArrayOf<DType>[] }> {
  const { height, width } = planeSize(image.shape, "label components");
  checkMinSize(minSize, "label components");
  const forest: Forest = {
    image,
    width,
    connectivity,
    links: device.empty(image.shape, "u32"),
    roots: device.empty(image.shape, "u32"),
    unfinished: device.empty([1], "u32"),
  };
  const enough = 2 * Math.ceil(Math.log2(image.size)) + 1;
  try {
    start(device, forest);
    for (let round = 0; round < enough; round++) {
      joinRoots(device, forest, joinSteps);
      const { labels, total } = numberObjects(device, { roots: forest.roots, minSize });
      let isLast = false;
      try {
        const [[unfinished], [count], ...values] = yield [
          forest.unfinished,
          total,
          ...alsoRead(labels),
        ];
        isLast = unfinished === 0;
        if (isLast) return { labels, count, values };
      } finally {
        device.free(total);
        if (!isLast) device.free(labels);
      }
    }
  } finally {
    for (const tensor of [forest.links, forest.roots, forest.unfinished]) device.free(tensor);
  }
  throw new Error(
    `Cannot label components: not done after ${enough} rounds for ${height}×${width} pixels; ` +
      "the GPU computes wrongly",
  );
}

function start(device: Device, forest: Forest): void {
  const { image, links, width, connectivity } = forest;
  device.dispatch({
    label: `components start ${connectivity}`,
    shader: startShader(connectivity),
    uniforms: { count: image.size, width },
    tensors: [links, image],
    workgroups: linearWorkgroups(image.size, WORKGROUP),
  });
  flatten(device, forest);
}

/** Makes every pixel of `roots` point to its root; `links` is then the state one pass before. */
function flatten(device: Device, forest: Forest): void {
  const { size } = forest.image;
  const passes = Math.max(1, Math.ceil(Math.log2(size) / LOG2_ANCESTORS));
  for (let pass = 0; pass < passes; pass++) {
    if (pass > 0) [forest.links, forest.roots] = [forest.roots, forest.links];
    device.dispatch({
      label: "components flatten",
      shader: FLATTEN,
      uniforms: { count: size },
      tensors: [forest.roots, forest.links, forest.links],
      workgroups: linearWorkgroups(Math.ceil(size / 4), WORKGROUP),
    });
  }
}

function joinRoots(device: Device, forest: Forest, joinSteps: number): void {
  const { image, links, roots, unfinished, width, connectivity } = forest;
  device.clear(unfinished);
  device.dispatch({
    label: `components join ${connectivity}`,
    shader: joinShader(connectivity),
    uniforms: { count: image.size, width },
    constants: { join_steps: joinSteps },
    tensors: [links, unfinished, roots, image],
    workgroups: linearWorkgroups(image.size, WORKGROUP),
  });
  flatten(device, forest);
}
