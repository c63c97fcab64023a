/**
 * How kernels keep NaN: a value that is none must not become a number on its way, or a broken network
 * answers as if all were well.
 *
 * Shader compilers may take it that there is no NaN. So `max` may drop one, a comparison of floats may
 * be turned round, and `x != x` may be folded away. What stands here looks at bits, as whole numbers:
 * NaN is what lies beyond infinity, with either sign.
 *
 * @module
 */

/** Bits of infinity; a magnitude above is NaN. */
const INFINITE = 0x7f800000;
/** All bits but the sign. */
const MAGNITUDE = 0x7fffffff;
/** Bits of −∞ as a signed number: −0 and all numbers below are not above it, and no NaN is. */
const MINUS_INFINITE = INFINITE - 2 ** 31;

/**
 * WGSL functions on floats or vectors of them:
 *
 * - `is_nan(v)`;
 * - `keep_nan(result, v)`: the result, or v where that is NaN;
 * - `rectify(v)`: max(v, 0), where −0 gives 0;
 * - `is_below(v)`: v < 0, which NaN is not; and `is_blocked(v)`: v ≤ 0, which NaN is not;
 * - `rank(v)`: a whole number that sorts as v does, NaN above all; −0 and 0 are equal;
 * - `of_rank(r)`: the number of this rank.
 */
export function nanFunctions(type: "f32" | "vec4f"): string {
  const [int, bool] = type === "f32" ? ["i32", "bool"] : ["vec4i", "vec4<bool>"];
  return /* wgsl */ `
fn is_nan(v: ${type}) -> ${bool} {
  return (bitcast<${int}>(v) & ${int}(${MAGNITUDE})) > ${int}(${INFINITE});
}
fn keep_nan(result: ${type}, v: ${type}) -> ${type} { return select(result, v, is_nan(v)); }
fn rectify(v: ${type}) -> ${type} {
  return select(v, ${type}(0.0), bitcast<${int}>(v) <= ${int}(${MINUS_INFINITE}));
}
fn is_blocked(v: ${type}) -> ${bool} {
  let bits = bitcast<${int}>(v);
  return (bits <= ${int}(${MINUS_INFINITE})) | (bits == ${int}(0));
}
fn is_below(v: ${type}) -> ${bool} {
  let bits = bitcast<${int}>(v);
  return (bits <= ${int}(${MINUS_INFINITE})) & (bits != ${int}(${-(2 ** 31)}));
}
fn rank(v: ${type}) -> ${int} {
  let bits = bitcast<${int}>(v);
  let signed = select(bits, ${int}(${-(2 ** 31)}) - bits, bits < ${int}(0));
  return select(signed, ${int}(${MAGNITUDE}), abs(signed) > ${int}(${INFINITE}));
}
fn of_rank(r: ${int}) -> ${type} {
  return bitcast<${type}>(select(r, ${int}(${-(2 ** 31)}) - r, r < ${int}(0)));
}
`;
}

/** The order of references: whether a is larger than b, NaN being larger than any number. */
export function isLarger(a: number, b: number): boolean {
  return a > b || (Number.isNaN(a) && !Number.isNaN(b));
}
