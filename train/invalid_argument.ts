/**
 * Mistakes in what a job is called with, as against files that are at fault.
 *
 * @module
 */

/**
 * An argument that cannot be used with the model, files or folders that are given with it: the call is wrong,
 * not they.
 *
 * @category Models
 */
export class InvalidArgumentError extends TypeError {
  /** The name that it is known by. */
  override readonly name = "InvalidArgumentError";
}
