/**
 * Whether adapting a model to a video helped, by what can be known without labels; and in words.
 *
 * @module
 */

import type { Judgement } from "./judge.ts";

/** The models that there are to choose from. */
export interface Candidates {
  /** The model as it was. */
  readonly unadapted: Judgement;
  /** The model that was trained as long on the stills alone. */
  readonly control: Judgement;
  /** The model that was adapted. */
  readonly adapted: Judgement;
  /** What the collapse alarm said; null if it was silent. */
  readonly alarm: string | null;
}

/** Which model is taken, and why. */
export interface Choice {
  /** Which. */
  readonly chosen: "adapted" | "unadapted";
  /** In words. */
  readonly reasons: readonly string[];
}

/** By how much less views may agree and still be called as good. */
const AS_GOOD = 0.02;

/**
 * Takes the adapted model where three things hold: no alarm was raised; more is found that persists from
 * frame to frame than by the unadapted model and by the control, so that it is the video that helped, not
 * the training; and views of the same frame agree as well as before. Else the unadapted model is taken: what
 * cannot be shown to help is left.
 */
export function choose({ unadapted, control, adapted, alarm }: Candidates): Choice {
  const figures = [
    `Objects of a frame: ${count(adapted)} by the adapted model, ${count(unadapted)} unadapted, ` +
    `${count(control)} by the control`,
    `Found again in the next frame: ${percent(adapted.persistence)} adapted, ` +
    `${percent(unadapted.persistence)} unadapted, ${percent(control.persistence)} control`,
    `Found again in a turned view of the same frame: ${percent(adapted.agreement)} adapted, ` +
    `${percent(unadapted.agreement)} unadapted, ${percent(control.agreement)} control`,
    ...flicker({ unadapted, control, adapted }),
  ];
  const against = [
    ...(alarm === null ? [] : [`the alarm was raised (${alarm})`]),
    ...(adapted.score > unadapted.score
      ? []
      : ["it finds no more that persists than the unadapted model"]),
    ...(adapted.score > control.score
      ? []
      : ["it finds no more that persists than the control, which saw no video"]),
    ...(adapted.agreement >= unadapted.agreement - AS_GOOD
      ? []
      : ["its answers to two views of a frame agree less"]),
  ];
  if (against.length === 0) {
    return {
      chosen: "adapted",
      reasons: ["Adapting helped, as far as can be known without labels", ...figures],
    };
  }
  const why = `Adapting did not help, so the model is taken as it was: ${against.join("; ")}`;
  return { chosen: "unadapted", reasons: [why, ...figures] };
}

function flicker(
  { unadapted, control, adapted }: Omit<Candidates, "alarm">,
): string[] {
  const [a, u, c] = [adapted, unadapted, control].map(({ diceInstability }) => diceInstability);
  if (a === null || u === null || c === null) return [];
  return [
    `Flicker (foreground that is not that of the next frame): ${percent(a)} adapted, ` +
    `${percent(u)} unadapted, ${percent(c)} control`,
  ];
}

function count({ objects }: Judgement): string {
  return objects.toFixed(1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
