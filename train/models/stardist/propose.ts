/**
 * What proposes an object in an image that is seen in one view or several.
 *
 * @module
 */

import type { Device } from "../../../kernels/gpu/device.ts";
import type { Steps } from "../../../kernels/masks/mod.ts";
import type { SegmentOptions } from "../model_kind.ts";
import { PLAIN } from "../views.ts";
import type { StarDecoding } from "./border.ts";
import { candidateSteps, type StarAnswer } from "./candidates.ts";
import { viewedCandidateSteps } from "./viewed_candidates.ts";

/** What proposes an object, in one view tile by tile, in several after they were merged. */
export function* proposeStars(
  device: Device,
  { network, image, exposure = 1, views = PLAIN, border = "mirror", tile, threshold }:
    & Omit<SegmentOptions<StarDecoding>, "decode">
    & Pick<StarDecoding, "border">
    & { threshold: number },
): Steps<StarAnswer> {
  const [{ orientation, gain }] = views;
  if (views.length === 1 && orientation === 0) {
    const seen = { network, image, exposure: exposure * gain, border, tile };
    return yield* candidateSteps(device, { ...seen, threshold });
  }
  const seen = { network, image, exposure, views, border, tile };
  return yield* viewedCandidateSteps(device, { ...seen, threshold });
}
