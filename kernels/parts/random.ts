/**
 * Random numbers by counting: a hash of where and when, so that each invocation has its own without a state
 * and the same bits come out on every machine, in shaders and here.
 *
 * The hash is pcg4d (Jarzynski and Olano, "Hash functions for GPU rendering", 2020): 4 numbers in, 4 out,
 * of which no bit depends on fewer than all of them.
 *
 * @module
 */

/** WGSL function `random4(v: vec4u) -> vec4u`. */
export const RANDOM4 = /* wgsl */ `
fn random4(seed: vec4u) -> vec4u {
  var v = seed * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  return v;
}
`;

/** The same four numbers below 2³², of four. */
export function random4(seed: readonly [number, number, number, number]): number[] {
  const v = seed.map((value) => (Math.imul(value, 1664525) + 1013904223) >>> 0);
  const mix = () => {
    for (const [to, a, b] of [[0, 1, 3], [1, 2, 0], [2, 0, 1], [3, 1, 2]]) {
      v[to] = (v[to] + Math.imul(v[a], v[b])) >>> 0;
    }
  };
  mix();
  for (let i = 0; i < 4; i++) v[i] = (v[i] ^ (v[i] >>> 16)) >>> 0;
  mix();
  return v;
}
