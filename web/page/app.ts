/// <reference lib="dom" />
/**
 * The page as a whole: what was given to it, and the way through it.
 *
 * @module
 */

import type { GivenFile, TrackSummary } from "../shared/messages.ts";
import { texts } from "../shared/texts.ts";
import { block, button, make, show } from "./dom.ts";
import { embeddedBytes } from "./embedded.ts";
import { droppedFiles, type GivenMovie, movieOf, understand } from "./given.ts";
import { handOver, takeBack } from "./hand_over.ts";
import { MachineNotice } from "./machine.ts";
import { CorrectPanel } from "./panels/correct_panel.ts";
import { Jobs } from "./panels/jobs.ts";
import { ModelChoice } from "./panels/models.ts";
import type { OpenMovie, PanelParts } from "./panels/parts.ts";
import { Running, type Telling } from "./panels/running.ts";
import { SavePanel } from "./panels/save_panel.ts";
import { SegmentPanel, tellHandedOver, trackAll, WORDS } from "./panels/segment_panel.ts";
import { SteadyPanel } from "./panels/steady_panel.ts";
import { Tabs } from "./tabs.ts";
import { TeachPanel } from "./panels/teach_panel.ts";
import { TracksPanel } from "./panels/tracks_panel.ts";
import { type Place, Viewer } from "./viewer.ts";
import { filePicker, welcome } from "./welcome.ts";
import { Gpu, startDesk } from "./workers.ts";

/** The page. */
export class App {
  readonly #desk = startDesk();
  readonly #gpu = new Gpu();
  readonly #jobs = new Jobs();
  readonly #opening = new Running(texts.opening);
  readonly #machine = new MachineNotice();
  readonly #models = new ModelChoice({
    say: (text) => this.#say(text),
    onChange: () => void this.#segment.tellNeeds(),
  });
  readonly #viewer: Viewer;
  readonly #segment: SegmentPanel;
  readonly #steady: SteadyPanel;
  readonly #tracks: TracksPanel;
  readonly #correct: CorrectPanel;
  readonly #teach: TeachPanel;
  readonly #save: SavePanel;
  #given: GivenMovie | null = null;
  readonly #movieText = make("span", { class: "movie" });
  readonly #status = make("p", { class: "status", role: "status" });
  readonly #welcome: HTMLElement;
  readonly #work: HTMLElement;
  readonly #opener: HTMLElement;

  /** Puts the page into an element. */
  constructor(root: HTMLElement) {
    const onFiles = (files: GivenFile[]) => void this.take(files);
    this.#viewer = new Viewer(this.#desk, {
      onPick: (place) => void this.#pick(place),
      onStroke: (points) => void this.#correct.stroke(points),
      onChannel: (channel) => {
        if (this.#given) void this.#openNow({ ...this.#given, channel });
      },
    });
    const parts: PanelParts = {
      ...{ desk: this.#desk, gpu: this.#gpu, viewer: this.#viewer, jobs: this.#jobs },
      modelOf: () => this.#models.chosen,
      say: (text) => this.#say(text),
      addModel: (model) => {
        this.#models.add(model);
        void this.#desk.call("keepModel", { name: model.file, bytes: model.bytes });
      },
      onChange: (summary) => this.#changed(summary),
    };
    this.#segment = new SegmentPanel(parts);
    this.#steady = new SteadyPanel(parts, this.#segment);
    this.#tracks = new TracksPanel(parts);
    this.#teach = new TeachPanel(parts, onFiles);
    this.#correct = new CorrectPanel(parts, async (frame) => {
      this.#say(texts.usedAsStill(await this.#teach.take(frame)));
    });
    this.#save = new SavePanel(parts);
    const work = [this.#models, this.#segment, this.#steady, this.#teach];
    const tabs = new Tabs([
      { name: texts.work, panel: make("div", {}, ...work.map(({ element }) => element)) },
      {
        ...{ name: texts.tracksTab, panel: this.#tracks.element },
        onShown: (isShown) => this.#tracks.isShown = isShown,
      },
      {
        ...{ name: texts.correctTab, panel: this.#correct.element },
        onShown: (isShown) => this.#correct.isShown = isShown,
      },
      { name: texts.saveTab, panel: this.#save.element },
    ]);
    this.#welcome = welcome({ onFiles, onExample: () => void this.#openExample() });
    this.#work = make("main", { class: "work" }, this.#viewer.element, tabs.element);
    this.#opener = filePicker(texts.otherMovie, { onFiles, multiple: true });
    const why = make("span", { class: "unseen" });
    this.#opener.append(why);
    this.#jobs.listen(() => {
      const { reason } = this.#jobs;
      why.textContent = reason;
      block(this.#opener.querySelector("button")!, reason === null ? null : why);
      this.#viewer.canSwitch = reason === null;
    });
    show(this.#work, false);
    show(this.#opener, false);
    root.append(
      make(
        "header",
        {},
        make("h1", { class: "name" }, texts.title),
        this.#movieText,
        this.#opener,
        this.#machine.chip,
        button("◐", switchTheme, {
          class: "sign",
          "aria-label": texts.theme,
          title: texts.theme,
        }),
      ),
      this.#machine.notice,
      make("div", { class: "opening" }, this.#opening.element),
      this.#welcome,
      this.#work,
      make("footer", {}, make("span", {}, texts.privacy), this.#status),
    );
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(onFiles);
    });
    addEventListener("keydown", (event) => {
      if (document.activeElement === document.body) this.#viewer.key(event);
    });
    void this.#lookAtMachine();
    void this.#tellKept();
  }

  async #lookAtMachine(): Promise<void> {
    try {
      this.#machine.found(await this.#gpu.calls.call("machine", null));
    } catch (error) {
      this.#segment.isPossible = this.#teach.isPossible = false;
      this.#machine.missing((error as Error).message);
    }
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  /** Other objects are known, or none. */
  #changed(summary: TrackSummary | null): void {
    this.#tracks.summary = summary;
    this.#save.isPossible = summary !== null;
    this.#steady.isPossible = summary !== null;
    this.#correct.isPossible = summary !== null;
    if (summary === null) return;
    this.#desk.call("keep", null).catch(({ message }) => this.#say(texts.notKept(message)));
  }

  /** Follows the object at a place. */
  async #pick({ x, y }: Place): Promise<void> {
    if (await this.#correct.pick({ x, y })) return;
    const { object } = await this.#desk.call("pick", { frame: this.#viewer.frame, x, y });
    await this.#tracks.follow(object === 0 ? null : object);
  }

  /** Does what the files are for. */
  async take(files: readonly GivenFile[]): Promise<void> {
    const given = understand(files);
    if (given.kind === "nothing") return this.#say(texts.noImages);
    if (given.kind === "model") return await this.#models.load(given.file);
    if (given.kind === "stills") {
      this.#teach.give(given.files, given.path);
      return this.#say(texts.stillsDropped(given.path));
    }
    await this.#openNow(given.movie);
  }

  /** Brings back what was found in this movie before the page was left. */
  async #restore(tell: Telling["tell"]): Promise<void> {
    tell(texts.restoring);
    const kept = await this.#desk.call("restore", null).catch(() => null);
    if (kept === null) return;
    if (kept.model) this.#models.add({ file: kept.model.name, bytes: kept.model.bytes });
    this.#changed(await trackAll({ desk: this.#desk, viewer: this.#viewer }, tell));
    this.#segment.restored(kept);
    this.#teach.restored(kept);
    this.#say(texts.restored);
  }

  /** Tells of what is kept from an earlier visit. */
  async #tellKept(): Promise<void> {
    const kept = await this.#desk.call("kept", null).catch(() => null);
    if (kept === null) return;
    const line = make(
      "p",
      { class: "kept" },
      texts.keptTitle(kept.name, kept.frames),
      button(texts.forget, () => {
        line.remove();
        void this.#desk.call("forget", null);
      }),
    );
    this.#welcome.append(line);
  }

  async #openExample(): Promise<void> {
    const path = `${texts.exampleName}.tif`;
    await this.#openNow(movieOf([[path, new File([embeddedBytes("example")], path)]], path));
  }

  /** Forgets the files of the movie before. */
  #leave({ files }: GivenMovie): void {
    const before = this.#given?.files;
    if (!before || before.id === files.id) return;
    void takeBack(this.#desk, before);
    void takeBack(this.#gpu.calls, before).catch(() => {});
  }

  /** Opens a movie, unless other work goes on: a file that was dropped by mistake must not end it. */
  async #openNow(given: GivenMovie): Promise<void> {
    const { reason } = this.#jobs;
    if (reason !== null) return this.#say(reason);
    this.#say("");
    try {
      await this.#jobs.run(
        "open",
        () => this.#opening.run((telling) => this.#open(given, telling)),
      );
    } catch (error) {
      if (this.#given?.files.id !== given.files.id) void takeBack(this.#desk, given.files);
      const { name, message } = error as Error;
      this.#say(name === "AbortError" ? texts.openingStopped : message);
    }
  }

  async #open(given: GivenMovie, { stop, tell }: Telling): Promise<void> {
    tell(texts.opening);
    await handOver(this.#desk, given.files, { stop, tell: tellHandedOver(tell) });
    const { files: { id: bundle }, path, channel } = given;
    const choice = { bundle, path, channel };
    const facts = await this.#desk.call("open", choice, {
      stop,
      onEvent: ({ what, done, total }) => tell(WORDS[what](done, total), done, total),
    });
    this.#show(given, { choice, facts });
    await this.#restore(tell);
  }

  /** Shows a movie that was opened. */
  #show(given: GivenMovie, { choice, facts }: Pick<OpenMovie, "choice" | "facts">): void {
    show(this.#welcome, false);
    show(this.#work, true);
    show(this.#opener, true);
    this.#leave(given);
    this.#given = given;
    const { name, frames, width, height, notes } = facts;
    this.#movieText.textContent = `${name} — ${texts.movieFacts(frames, width, height)}`;
    this.#viewer.open(facts, choice.channel);
    this.#segment.open({ given, choice, facts });
    this.#steady.open({ given, choice, facts });
    this.#viewer.compares = false;
    this.#changed(null);
    this.#teach.open();
    this.#say(notes.join(" · "));
  }
}

/** The other one of dark and light. */
function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme
    ? dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = isDark ? "light" : "dark";
}
