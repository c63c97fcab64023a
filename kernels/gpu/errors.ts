/**
 * Errors of the GPU layer that a caller may want to catch.
 *
 * @module
 */

/**
 * No WebGPU adapter or device could be had.
 *
 * @category Errors
 */
export class GpuUnavailableError extends Error {
  /** The name of this error class. */
  override readonly name = "GpuUnavailableError";
}

/**
 * A shader or its pipeline was refused by the driver; the message shows the source line.
 *
 * @category Errors
 */
export class ShaderError extends Error {
  /** The name of this error class. */
  override readonly name = "ShaderError";
}

/**
 * The device was lost while work was under way (driver reset, sleep, unplugged).
 *
 * @category Errors
 */
export class DeviceLostError extends Error {
  /** The name of this error class. */
  override readonly name = "DeviceLostError";
}

/**
 * A tensor or the sum of all tensors would exceed what the adapter or the user allows, or its driver has
 * no more: then the `cause` is the driver's `GPUOutOfMemoryError`.
 *
 * @category Errors
 */
export class OutOfMemoryError extends Error {
  /** The name of this error class. */
  override readonly name = "OutOfMemoryError";
}

/**
 * The numeric self-test at start gave a wrong answer: the driver cannot be trusted.
 *
 * @category Errors
 */
export class SelfTestError extends Error {
  /** The name of this error class. */
  override readonly name = "SelfTestError";
}

/**
 * Text of a {@linkcode ShaderError}: the compiler's messages, each with the source line it means.
 *
 * @param label What the shader computes.
 * @param source Its WGSL text.
 * @param messages What the compiler said.
 */
export function describeShaderError(
  label: string,
  source: string,
  messages: readonly { lineNum: number; linePos: number; message: string }[],
): string {
  const lines = source.split("\n");
  const details = messages.map(({ lineNum, linePos, message }) =>
    `${lineNum}:${linePos}: ${message}\n    ${lines[lineNum - 1] ?? ""}`
  );
  return [`Cannot compile shader ${label}: ${details.length} message(s)`, ...details].join("\n");
}
