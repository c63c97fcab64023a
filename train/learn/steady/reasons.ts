/**
 * Why a model is left as it is instead of being adapted to a movie.
 *
 * @module
 */

import { objectModelOf } from "../../models/list.ts";
import type { ModelFile } from "../../models/model_file.ts";
import { canTurn } from "../../models/views.ts";
import type { Seen } from "./findings.ts";

/** Why a model is not adapted to what was seen; null where it is. */
export function reasonToLeave(
  { movie, unadapted, pairs }: Pick<Seen, "movie" | "unadapted" | "pairs">,
): string | null {
  if (movie.isLabelFree) return "the movie looks label-free, of which it knows nothing";
  if (pairs.length === 0) {
    return "no two frames are neighbours, so nothing can be learned from them";
  }
  return unadapted.objects < 1 ? "it finds hardly any object, so it has nothing to teach" : null;
}

/** Why a model cannot teach; null where it can. */
export function cannotTeach({ kind, architecture }: ModelFile): string | null {
  if (!objectModelOf(kind).propose) return "this kind of model cannot teach";
  return canTurn(architecture)
    ? null
    : `it has ${architecture.options.rays} rays, and only a multiple of 4 can be turned into all views`;
}
