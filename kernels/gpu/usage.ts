/**
 * What buffers and textures are used for, in the numbers of the WebGPU specification.
 *
 * They are written out because the globals that name them (`GPUBufferUsage` and the like) are missing
 * where there is no WebGPU and where a package brings it: to import Kymo must not need them.
 *
 * @module
 */

/** Uses of a buffer. */
export const BufferUse = {
  /** Its values are read on the CPU. */
  mapRead: 0x1,
  /** It is copied from. */
  copyFrom: 0x4,
  /** It is copied or written to. */
  copyTo: 0x8,
  /** It holds uniforms. */
  uniform: 0x40,
  /** Kernels read and write it. */
  storage: 0x80,
  /** It takes the results of queries. */
  queryResults: 0x200,
} as const;

/** Uses of a texture. */
export const TextureUse = {
  /** It is copied to. */
  copyTo: 0x2,
  /** Kernels read it texel by texel. */
  storage: 0x8,
} as const;

/** To map a buffer for reading. */
export const MAP_FOR_READING = 0x1;

/** A binding that compute shaders see. */
export const SEEN_BY_COMPUTE = 0x4;
