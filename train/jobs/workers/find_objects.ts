/**
 * From what a network answered to objects, by whoever is asked.
 *
 * @module
 */

import { modelKind, objectModelOf } from "../../models/list.ts";

/** An answer, and the kind of model that gave it. */
export interface PlainAnswer {
  /** The name of the kind, which is one of Kymo's own. */
  readonly kind: string;
  /** What came of the first half of its segmentation. */
  readonly answer: unknown;
}

/** Does the second half of a segmentation; what comes of it can be copied from thread to thread. */
export function findPlainObjects({ kind, answer }: PlainAnswer): unknown {
  return objectModelOf(modelKind(kind)).halves!.find(answer);
}
