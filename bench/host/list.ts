/**
 * All jobs whose host side is measured.
 *
 * @module
 */

import { batchJob } from "./jobs/batches.ts";
import { decodingJob, encodingJob, evaluationJob, readingJob, trackingJob } from "./jobs/parts.ts";
import { evaluatingJob, predictionJob } from "./jobs/prediction.ts";
import { stepJob } from "./jobs/steps.ts";
import type { HostJob } from "./measure.ts";

/** The jobs, in the order of the table. */
export const hostJobs: readonly HostJob[] = [
  stepJob,
  batchJob,
  predictionJob,
  readingJob,
  decodingJob,
  encodingJob,
  trackingJob,
  evaluationJob,
  evaluatingJob,
];
