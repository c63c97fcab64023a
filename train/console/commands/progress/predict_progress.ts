/**
 * What a person sees of a prediction.
 *
 * @module
 */

import { counted } from "../../../counted.ts";
import type { FocusFound } from "../../../jobs/predict/predict_focus.ts";
import type { PredictEvent } from "../../../jobs/predict/predict_options.ts";
import { formatDuration, formatWritten, Rate, type Shown } from "../../text.ts";
import { showInputs, WaitingProgress } from "../waiting_progress.ts";

/** Turns the events of a prediction into text. */
export class PredictProgress {
  readonly #rate: Rate;
  readonly #waiting: WaitingProgress;

  /** Starts; the clock (milliseconds) can be replaced in tests. */
  constructor(clock: () => number = () => performance.now()) {
    this.#rate = new Rate(clock);
    this.#waiting = new WaitingProgress(clock);
  }

  /** Text for the next event. */
  show(event: PredictEvent | FocusFound): Shown {
    switch (event.type) {
      case "focus": {
        const { done, total, stack, plane } = event;
        return { lines: [], status: `${done}/${total}  ${stack}: in focus at plane ${plane}` };
      }
      case "frame": {
        const { name, done, total, objects, seconds } = event;
        const rate = this.#rate.observe(done);
        const left = Number.isFinite(rate) && rate > 0
          ? `  ${formatDuration((total - done) / rate)} left`
          : "";
        const status = `${done}/${total}  ${name}: ${counted(objects, "object")} in ${
          seconds.toFixed(2)
        } s${left}`;
        return { lines: [], status };
      }
      case "done":
        return { lines: [formatWritten(event)], status: null };
      default:
        return showInputs(event, this.#waiting);
    }
  }
}
