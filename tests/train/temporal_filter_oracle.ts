/**
 * The temporal filter written a second time, from its description alone: objects are sets of pixels,
 * everything is compared with everything, and the whole video is there at once.
 */

import type { LabelImage } from "../../train/data/image.ts";
import type { TemporalFilterSettings } from "../../train/temporal_filter.ts";

interface Found {
  readonly id: number;
  readonly pixels: ReadonlySet<number>;
}

function objectsIn(labels: LabelImage): Found[] {
  const ids = [...new Set(labels.data)].filter((id) => id !== 0).toSorted((a, b) => a - b);
  return ids.map((id) => ({
    id,
    pixels: new Set([...labels.data.keys()].filter((at) => labels.data[at] === id)),
  }));
}

function isSame(a: Found, b: Found): boolean {
  return iou(a, b) >= 0.1;
}

function iou(a: Found, b: Found): number {
  return a.pixels.intersection(b.pixels).size / a.pixels.union(b.pixels).size;
}

function centre({ pixels }: Found, width: number): [x: number, y: number] {
  const places = [...pixels].map((at) => [at % width, Math.floor(at / width)]);
  const [x, y] = [0, 1].map((axis) => places.reduce((sum, p) => sum + p[axis], 0) / pixels.size);
  return [x, y];
}

function filledIn([before, now, after]: readonly LabelImage[]): LabelImage {
  const { width, height } = now;
  const shown = objectsIn(now);
  const later = objectsIn(after);
  const candidates = objectsIn(before).flatMap((p) => later.map((n) => ({ p, n })))
    .filter(({ p, n }) => isSame(p, n) && !shown.some((o) => isSame(o, p) || isSame(o, n)))
    .toSorted((a, b) => iou(b.p, b.n) - iou(a.p, a.n));
  const data = now.data.slice();
  const done: Found[] = [];
  for (const { p, n } of candidates) {
    if (done.includes(p) || done.includes(n)) continue;
    done.push(p, n);
    const [from, to] = [centre(p, width), centre(n, width)];
    const step = [0, 1].map((axis) => Math.round((to[axis] - from[axis]) / 2));
    const free = [...p.pixels].flatMap((at) => {
      const [x, y] = [at % width + step[0], Math.floor(at / width) + step[1]];
      const isInside = x >= 0 && y >= 0 && x < width && y < height;
      return isInside && data[y * width + x] === 0 ? [y * width + x] : [];
    });
    if (free.length < p.pixels.size / 2) continue;
    let id = 1;
    while (data.includes(id) || now.data.includes(id)) id++;
    for (const at of free) data[at] = id;
  }
  return { width, height, data };
}

/** What the filter should make of a video. */
export function filterByDefinition(
  frames: readonly LabelImage[],
  { minOverlap, fillGaps }: TemporalFilterSettings,
): LabelImage[] {
  const whole = frames.map((now, t) =>
    fillGaps && t > 0 && t < frames.length - 1 ? filledIn([frames[t - 1], now, frames[t + 1]]) : now
  );
  return whole.map((now, t) => {
    const neighbours = [t - 1, t + 1].filter((i) => i >= 0 && i < whole.length);
    const stays = objectsIn(now).filter(({ pixels }) =>
      neighbours.length === 0 || neighbours.some((i) => {
        const shared = [...pixels].filter((at) => whole[i].data[at] !== 0).length;
        return shared >= 1 && shared >= minOverlap * pixels.size;
      })
    );
    const ids = new Set(stays.map(({ id }) => id));
    return { ...now, data: now.data.map((id) => ids.has(id) ? id : 0) };
  });
}
