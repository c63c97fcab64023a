/// <reference lib="dom" />
/**
 * The viewer: a movie that is drawn in a worker, with its slider, brightness and looks.
 *
 * @module
 */

import type { Levels, Look, MovieFacts, ObjectStyle } from "../shared/messages.ts";
import type { PenStroke } from "../../train/objects/edits.ts";
import { texts } from "../shared/texts.ts";
import { handingOver } from "../shared/calls.ts";
import { make, show, signButton } from "./dom.ts";
import { Wipe } from "./wipe.ts";
import type { DeskCaller } from "./workers.ts";

/** Frames of a second while it plays. */
const RATE = 8;
const MOST_ZOOM = 40;
/** Steps of the sliders of brightness. */
const STEPS = 500;

/** A place in the image, in its pixels. */
export interface Place {
  /** Column. */
  readonly x: number;
  /** Row. */
  readonly y: number;
}

/** What the viewer tells. */
export interface ViewerEvents {
  /** A place was clicked. */
  onPick(place: Place): void;
  /** A stroke was drawn; only while {@linkcode Viewer.pen} is set. */
  onStroke(points: readonly (readonly [number, number])[]): void;
  /** Another channel is wanted, by its number from 1. */
  onChannel(channel: string): void;
}

/** The viewer. */
export class Viewer {
  /** Everything of it. */
  readonly element: HTMLElement;
  readonly #desk: DeskCaller;
  readonly #events: ViewerEvents;
  readonly #canvas = make("canvas", { "aria-hidden": "true" });
  readonly #stage: HTMLElement;
  readonly #slider = make("input", {
    ...{ type: "range", min: 0, max: 0, value: 0, "aria-label": texts.frame },
    oninput: () => this.go(Number(this.#slider.value)),
  });
  readonly #frameText = make("output", { class: "frame-number" });
  readonly #countText = make("span", { class: "count" });
  readonly #play = signButton("▶", texts.play, () => this.play(!this.#isPlaying));
  readonly #low = this.#levelSlider("low", texts.black);
  readonly #high = this.#levelSlider("high", texts.white);
  readonly #opacity = make("input", {
    ...{ type: "range", min: 0.05, max: 1, step: 0.05, value: 0.45, "aria-label": texts.opacity },
    oninput: () => this.redraw(),
  });
  readonly #style = make("select", {
    "aria-label": texts.objectsDrawn,
    onchange: () => this.redraw(),
  });
  readonly #channel = make("select", {
    ...{ "aria-label": texts.channel },
    onchange: () => this.#events.onChannel(this.#channel.value),
  });
  readonly #channelField = fieldOf(texts.channel, this.#channel);
  readonly #wipe: Wipe;
  #facts: MovieFacts | null = null;
  #levels: Levels = { low: 0, high: 1 };
  #frame = 0;
  #place = { scale: 1, x: 0, y: 0 };
  #isFitted = true;
  #isPlaying = false;
  #isBusy = false;
  #isStale = false;
  #stroke: [number, number][] | null = null;
  /** The object that is followed. */
  #chosen: number | null = null;
  /** The width of a stroke in pixels of the image while one can be drawn; null while not. */
  #pen: number | null = null;

  /** Draws with a desk. */
  constructor(desk: DeskCaller, events: ViewerEvents) {
    this.#desk = desk;
    this.#events = events;
    this.#wipe = new Wipe(() => this.redraw());
    for (const [value, text] of Object.entries(STYLES)) {
      this.#style.append(make("option", { value }, text));
    }
    this.#stage = make(
      "div",
      {
        ...{ class: "stage", tabindex: 0, role: "application", "aria-label": texts.viewer },
        onkeydown: (event: KeyboardEvent) => this.key(event),
        onwheel: (event: WheelEvent) => this.#wheel(event),
        onpointerdown: (event: PointerEvent) => this.#press(event),
      },
      this.#canvas,
      this.#wipe.onStage,
    );
    this.element = make(
      "section",
      { class: "viewer" },
      this.#stage,
      this.#wipe.row,
      make(
        "div",
        { class: "timeline" },
        signButton("‹", texts.previous, () => this.go(this.#frame - 1)),
        this.#play,
        signButton("›", texts.next, () => this.go(this.#frame + 1)),
        this.#slider,
        this.#frameText,
        this.#countText,
      ),
      make(
        "div",
        { class: "looks" },
        this.#channelField,
        fieldOf(texts.black, this.#low),
        fieldOf(texts.white, this.#high),
        make("button", { type: "button", onclick: () => void this.auto() }, texts.auto),
        fieldOf(texts.objectsDrawn, this.#style),
        fieldOf(texts.opacity, this.#opacity),
        make(
          "div",
          { class: "zoom" },
          signButton("−", texts.zoomOut, () => this.zoom(1 / 1.5)),
          signButton("+", texts.zoomIn, () => this.zoom(1.5)),
          signButton("⤢", texts.zoomFit, () => this.fit()),
        ),
      ),
    );
    const canvas = this.#canvas.transferControlToOffscreen();
    void desk.call("canvas", handingOver({ canvas }, [canvas]));
    new ResizeObserver(() => this.#isFitted ? this.fit() : this.redraw()).observe(this.#stage);
  }

  #levelSlider(end: "low" | "high", name: string): HTMLInputElement {
    const slider: HTMLInputElement = make("input", {
      ...{ type: "range", min: 0, max: STEPS, value: 0, "aria-label": name },
      oninput: () => {
        const { low, high } = this.#facts!.extremes;
        const value = low + (high - low) * Number(slider.value) / STEPS;
        this.#levels = { ...this.#levels, [end]: value };
        this.redraw();
      },
    });
    return slider;
  }

  /** Shows a movie from its first frame on. */
  open(facts: MovieFacts, channel = "1"): void {
    const channels = Array.from(
      { length: facts.channels },
      (_, i) => make("option", {}, `${i + 1}`),
    );
    this.#channel.replaceChildren(...channels);
    this.#channel.value = channel;
    show(this.#channelField, facts.channels > 1);
    this.#facts = facts;
    this.#chosen = null;
    this.#slider.max = String(facts.frames - 1);
    this.#setLevels(facts.auto);
    this.go(0);
    this.fit();
  }

  /** The frame that is shown, from 0. */
  get frame(): number {
    return this.#frame;
  }

  /** The object that is followed; null for none. */
  get chosen(): number | null {
    return this.#chosen;
  }

  /** Follows another one, or none. */
  set chosen(track: number | null) {
    this.#chosen = track;
    this.redraw();
  }

  /** The width of strokes, in pixels of the image, while they can be drawn. */
  set pen(width: number | null) {
    this.#pen = width;
    this.#stage.classList.toggle("drawing", width !== null);
  }

  /** Whether another channel can be chosen now. */
  set canSwitch(canSwitch: boolean) {
    this.#channel.disabled = !canSwitch;
  }

  /** Whether results of before are shown beside those of now. */
  set compares(compares: boolean) {
    this.#wipe.isShown = compares;
  }

  /** Shows a frame. */
  go(frame: number): void {
    if (!this.#facts) return;
    this.#frame = Math.max(0, Math.min(this.#facts.frames - 1, frame));
    this.#slider.value = String(this.#frame);
    this.#frameText.value = texts.frameOf(this.#frame + 1, this.#facts.frames);
    this.redraw();
  }

  /** Plays, or stops. */
  play(isPlaying: boolean): void {
    this.#isPlaying = isPlaying && (this.#facts?.frames ?? 1) > 1;
    this.#play.textContent = this.#isPlaying ? "❚❚" : "▶";
    const name = this.#isPlaying ? texts.pause : texts.play;
    this.#play.setAttribute("aria-label", name);
    this.#play.title = name;
    if (this.#isPlaying) this.#step();
  }

  #step(): void {
    setTimeout(() => {
      if (!this.#isPlaying || !this.#facts) return;
      // A frame that is not drawn yet is waited for.
      if (!this.#isBusy) this.go((this.#frame + 1) % this.#facts.frames);
      this.#step();
    }, 1000 / RATE);
  }

  /** Brightness that shows what is in the frame. */
  async auto(): Promise<void> {
    this.#setLevels(await this.#desk.call("levels", { frame: this.#frame }));
    this.redraw();
  }

  #setLevels(levels: Levels): void {
    this.#levels = levels;
    const { low, high } = this.#facts!.extremes;
    const place = (value: number) =>
      String(Math.round(STEPS * (value - low) / Math.max(high - low, 1e-12)));
    this.#low.value = place(levels.low);
    this.#high.value = place(levels.high);
  }

  /** Shows all of the image. */
  fit(): void {
    if (!this.#facts) return;
    const { clientWidth, clientHeight } = this.#stage;
    const { width, height } = this.#facts;
    const scale = Math.min(clientWidth / width, clientHeight / height);
    const x = (clientWidth - width * scale) / 2;
    this.#place = { scale, x, y: (clientHeight - height * scale) / 2 };
    this.#isFitted = true;
    this.redraw();
  }

  /** Zooms about a place on the stage; its middle unless told. */
  zoom(factor: number, about?: { x: number; y: number }): void {
    const { clientWidth, clientHeight } = this.#stage;
    const { x: cx, y: cy } = about ?? { x: clientWidth / 2, y: clientHeight / 2 };
    const { scale: before, x, y } = this.#place;
    const scale = Math.max(0.05, Math.min(MOST_ZOOM, before * factor));
    const grown = scale / before;
    this.#place = { scale, x: cx - (cx - x) * grown, y: cy - (cy - y) * grown };
    this.#isFitted = false;
    this.redraw();
  }

  /** Does what a key says. */
  key(event: KeyboardEvent): void {
    const action = KEYS[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(this);
  }

  /** Whether it plays. */
  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), this.#onStage(event));
  }

  #onStage({ clientX, clientY }: MouseEvent): { x: number; y: number } {
    const { left, top } = this.#stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  #inImage(event: MouseEvent): Place {
    const { x, y } = this.#onStage(event);
    const { scale, x: left, y: top } = this.#place;
    return { x: (x - left) / scale, y: (y - top) / scale };
  }

  #press(event: PointerEvent): void {
    if (!this.#facts || event.button !== 0) return;
    this.#stage.focus({ preventScroll: true });
    this.#stage.setPointerCapture(event.pointerId);
    const start = this.#onStage(event);
    const { x, y, scale } = this.#place;
    const draws = this.#pen !== null;
    let hasMoved = false;
    if (draws) this.#stroke = [this.#pointOf(event)];
    const move = (event: PointerEvent) => {
      const now = this.#onStage(event);
      hasMoved ||= Math.hypot(now.x - start.x, now.y - start.y) > 4;
      if (this.#stroke) this.#stroke.push(this.#pointOf(event));
      else if (hasMoved) {
        this.#place = { scale, x: x + now.x - start.x, y: y + now.y - start.y };
        this.#isFitted = false;
      }
      this.redraw();
    };
    const end = (event: PointerEvent) => {
      this.#stage.removeEventListener("pointermove", move);
      this.#stage.removeEventListener("pointerup", end);
      this.#stage.removeEventListener("pointercancel", end);
      const stroke = this.#stroke;
      this.#stroke = null;
      if (event.type === "pointercancel") return this.redraw();
      if (stroke) this.#events.onStroke(stroke);
      else if (!hasMoved) this.#events.onPick(this.#inImage(event));
    };
    this.#stage.addEventListener("pointermove", move);
    this.#stage.addEventListener("pointerup", end);
    this.#stage.addEventListener("pointercancel", end);
  }

  #pointOf(event: PointerEvent): [number, number] {
    const { x, y } = this.#inImage(event);
    return [x, y];
  }

  /** Draws anew, as soon as what is being drawn is. */
  redraw(): void {
    this.#opacity.disabled = this.#style.value !== "filled";
    if (!this.#facts) return;
    if (this.#isBusy) {
      this.#isStale = true;
      return;
    }
    this.#isBusy = true;
    this.#isStale = false;
    this.#desk.call("show", this.#look()).then((drawn) => {
      if (drawn) this.#countText.textContent = texts.objectsInFrame(drawn.objects);
    }, (error) => {
      this.play(false);
      this.#countText.textContent = error.message;
    }).finally(() => {
      this.#isBusy = false;
      if (this.#isStale) this.redraw();
    });
  }

  #look(): Look {
    const stroke: PenStroke | null = this.#stroke &&
      { points: this.#stroke, width: this.#pen ?? 1 };
    return {
      ...{ frame: this.#frame, levels: this.#levels, chosen: this.#chosen, stroke },
      style: this.#style.value as ObjectStyle,
      opacity: Number(this.#opacity.value),
      ...this.#place,
      width: this.#stage.clientWidth,
      height: this.#stage.clientHeight,
      ratio: globalThis.devicePixelRatio,
      wipe: this.#wipe.share,
    };
  }
}

function fieldOf(name: string, element: HTMLElement): HTMLElement {
  const label = make("span", { class: "field-name", "aria-hidden": "true" }, name);
  return make("div", { class: "field" }, label, element);
}

const STYLES: Readonly<Record<ObjectStyle, string>> = {
  outlines: texts.outlines,
  filled: texts.filled,
  none: texts.hidden,
};

const KEYS: Readonly<Record<string, (viewer: Viewer) => void>> = {
  ArrowLeft: (viewer) => viewer.go(viewer.frame - 1),
  ArrowRight: (viewer) => viewer.go(viewer.frame + 1),
  " ": (viewer) => viewer.play(!viewer.isPlaying),
  "+": (viewer) => viewer.zoom(1.5),
  "=": (viewer) => viewer.zoom(1.5),
  "-": (viewer) => viewer.zoom(1 / 1.5),
  "0": (viewer) => viewer.fit(),
};
