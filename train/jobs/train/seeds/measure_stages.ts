/**
 * Measures what the stages of a seed gave, for the table at the end of a run.
 *
 * @module
 */

import type { Stage } from "../../../learn/stages.ts";
import { scaleText } from "../../../models/object_scale.ts";
import type { ModelResults, SeedResults } from "../../../report/results.ts";
import { TrackTables } from "../../outputs/track_tables.ts";
import { begin, countedFrames, waitingFor } from "../../progress/progress.ts";
import type { TrainEvent } from "../events.ts";
import { countingObjects, measureModel } from "../measure.ts";
import { measureRivals, rivalLooks } from "./rivals.ts";
import { tracksText, TrackWatcher } from "./track_watcher.ts";
import { exposureOf, type SeedRun, stageFile, type TrainedModel } from "./seed_run.ts";

/** Measures every model of a seed. */
export async function* measureStages(
  seed: SeedRun,
  models: ReadonlyMap<Stage, TrainedModel>,
): AsyncGenerator<TrainEvent, SeedResults> {
  const { run: { device, stop }, folder, config, set, objects, network, learner } = seed;
  const results: Partial<Record<Stage, ModelResults>> = {};
  // The rival of filters and views is the consistent model, which was trained as long as the control.
  const rivalStage = models.has("control") ? "control" : "baseline";
  let shown: readonly number[] | undefined;
  for (const [stage, { weights, decode }] of models) {
    learner.setWeights(weights, folder.file(stageFile(stage)));
    const filter = stage === rivalStage ? config.filter : undefined;
    const progress = begin(`measuring ${stage}`, set.videos[0]?.frames.length);
    const seen = { objects: 0 };
    const isLast = stage === [...models.keys()].at(-1);
    await using tables = config.track && isLast && set.videos.length > 0
      ? await TrackTables.create(folder.path)
      : undefined;
    const watch = watcherOf(seed, tables);
    const measure = async () => {
      const [video, ...others] = set.videos;
      const exposure = video ? await exposureOf(seed, { stage, decode, video }) : 1;
      const videos = video
        ? [{ ...video, frames: countedFrames(video.frames, progress) }, ...others]
        : [];
      const parts = {
        network,
        objects: countingObjects(objects, seen),
        decode,
        shown,
        filter,
        exposure,
        field: config.field,
        watch,
      };
      return await measureModel(device, { ...parts, set: { ...set, videos } });
    };
    const figures = yield* waitingFor(measure(), { progress, stop });
    const tracked = await watch?.end();
    if (tracked) yield { type: "note", text: `${stage}: ${tracksText(tracked)}` };
    // Outlines are shown of the last model alone.
    const kept = tracked && !isLast ? { ...tracked, shown: [], events: [], series: [] } : tracked;
    const measured = kept ? { ...figures, tracked: kept } : figures;
    if (seen.objects === 0 && set.test.length + set.videos.length > 0) {
      yield {
        type: "warning",
        text:
          `The ${stage} network finds no object on any held-back still or frame: train longer, or look ` +
          "whether masks and images belong together",
      };
    }
    const where = set.videos[0]?.name ?? "";
    const sizes = measured.sizes && scaleText(measured.sizes, { scale: seed.scale, where });
    if (sizes && stage === "baseline") yield { type: "warning", text: sizes };
    // All models are shown on the frames on which the baseline is liveliest.
    shown ??= [...measured.shown.keys()];
    const video = set.videos[0];
    if (stage !== rivalStage || !video) {
      results[stage] = measured;
      continue;
    }
    const { exposure = 1 } = measured;
    const passes = Object.keys(rivalLooks({ objects, network, exposure })).length;
    const looked = begin("measuring what costs no training", passes * video.frames.length);
    const rivals = measureRivals(device, {
      ...{ network, objects, decode, exposure, field: config.field, filter: config.filter },
      video: { ...video, frames: countedFrames(video.frames, looked) },
    });
    results[stage] = {
      ...measured,
      rivals: yield* waitingFor(rivals, { progress: looked, stop }),
    };
  }
  return results;
}

/** What tracks the first video, where that is asked for. */
function watcherOf({ config: { track }, set: { videos: [video] } }: SeedRun, tables?: TrackTables) {
  if (!track || !video) return undefined;
  return new TrackWatcher({ title: video.name, total: video.frames.length, tables });
}
