/// <reference lib="dom" />
/**
 * Chromium with the page in it, driven from outside.
 *
 * @module
 */

import type { Browser, ElementHandle, Page, WebWorker } from "puppeteer-core";
import { WITH_SWIFTSHADER } from "../browser/fixtures/chromium.ts";
import { buildPage } from "../../web/build/page.ts";

/** How long to wait for anything, in milliseconds: two busy cores take minutes for what a GPU does at once. */
const PATIENCE = 600_000;

/** How large the page is shown. */
const SIZE = { width: 1280, height: 720 };

/** Flags of a browser that has no WebGPU. */
export const WITHOUT_GPU: readonly string[] = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-gpu",
  "--disable-features=WebGPU",
  "--disable-background-networking",
];

/** Where a program is; null where it is not on PATH, or may not be run. */
async function programAt(name: string): Promise<string | null> {
  const { state } = await Deno.permissions.query({ name: "run" });
  if (state !== "granted") {
    console.log("not run: `deno task test:web` runs the page in a browser");
    return null;
  }
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = `${folder}/${name}`;
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  console.log(`not run: there is no ${name} on PATH`);
  return null;
}

/** Whether Chromium is there and may be run; says so where it is not. */
export async function hasChromium(): Promise<boolean> {
  return await programAt("chromium") !== null;
}

/** Whether Firefox is there and may be run; says so where it is not. */
export async function hasFirefox(): Promise<boolean> {
  return await programAt("firefox-esr") !== null;
}

/** Switches WebGPU on in a Firefox that has it off, and lets it have the processor for an adapter. */
const FIREFOX = { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true };

/** The page in a browser, with what it asked for and what went wrong in it. */
export class OpenPage implements AsyncDisposable {
  /** The page. */
  readonly page: Page;
  /** Addresses that it asked for, but for what it carries inside itself. */
  readonly requests: string[] = [];
  /** Errors and complaints. */
  readonly errors: string[] = [];
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(browser: Browser, page: Page, folder: string) {
    [this.#browser, this.page, this.#folder] = [browser, page, folder];
    page.on("request", (request) => {
      if (!/^(?:data|blob):/.test(request.url())) this.requests.push(request.url());
    });
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
  }

  /** Builds the page and opens it from a file, or opens another one. */
  static async open(
    { flags = WITH_SWIFTSHADER, address, browser: name = "chrome" }: {
      flags?: readonly string[];
      address?: string;
      browser?: "chrome" | "firefox";
    } = {},
  ): Promise<OpenPage> {
    const { launch } = (await import("puppeteer-core")).default;
    const folder = await Deno.makeTempDir();
    if (!address) await Deno.writeTextFile(`${folder}/kymo.html`, await buildPage());
    const isFirefox = name === "firefox";
    const browser = await launch({
      browser: name,
      executablePath: (await programAt(isFirefox ? "firefox-esr" : "chromium"))!,
      // Firefox, as Debian has it, cannot be told how a page is turned, which comes with its size.
      defaultViewport: isFirefox ? null : SIZE,
      args: isFirefox
        ? [`--width=${SIZE.width}`, `--height=${SIZE.height}`]
        : [...flags, `--user-data-dir=${folder}/profile`],
      extraPrefsFirefox: FIREFOX,
      protocolTimeout: 2 * PATIENCE,
    });
    const options = { folder, isFirefox, address: address ?? `file://${folder}/kymo.html` };
    return await OpenPage.#opened(browser, options).catch(async (error) => {
      // A browser that is left behind holds the terminal.
      await browser.close();
      throw error;
    });
  }

  static async #opened(
    browser: Browser,
    { folder, isFirefox, address }: { folder: string; isFirefox: boolean; address: string },
  ): Promise<OpenPage> {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await Deno.mkdir(`${folder}/downloads`);
    if (!isFirefox) {
      const session = await browser.target().createCDPSession();
      await session.send("Browser.setDownloadBehavior", {
        ...{ behavior: "allow", downloadPath: `${folder}/downloads` },
      });
    }
    const open = new OpenPage(browser, page, folder);
    await page.evaluateOnNewDocument(() => {
      const tasks: number[] = [];
      Object.assign(globalThis, { tasks });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) tasks.push(duration);
      }).observe({ type: "longtask", buffered: true });
    });
    await page.goto(address);
    return open;
  }

  /** The folder that the page lies in, for files of a test. */
  get folder(): string {
    return this.#folder;
  }

  /** What axe finds wrong for people who see or hear otherwise: each rule with where it is broken. */
  async accessFaults(): Promise<string[]> {
    const { default: axe } = await import("axe-core");
    await this.page.evaluate(axe.source);
    return await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) =>
        `${id}: ${nodes.map((node) => node.target).join(", ")}`
      );
    });
  }

  /** How long the page did not answer at most, in milliseconds, since it was opened. */
  async longestTask(): Promise<number> {
    return await this.page.evaluate(() =>
      Math.max(0, ...(globalThis as unknown as { tasks: number[] }).tasks)
    );
  }

  /**
   * How much slower than at best the same work is in the page, because the machine has other work: how long
   * the page is busy says nothing on a machine that gives it no time.
   */
  async slowdown(): Promise<number> {
    return await this.page.evaluate(() => {
      const times = Array.from({ length: 20 }, () => {
        const start = performance.now();
        let sum = 0;
        for (let i = 0; i < 5e6; i++) sum += Math.sqrt(i);
        return sum > 0 ? performance.now() - start : 0;
      });
      return Math.max(...times) / Math.min(...times);
    });
  }

  /** Where places of a movie of this size are on the page, while the viewer is neither zoomed nor moved. */
  async placesOf(
    size: { width: number; height: number },
  ): Promise<(place: { row: number; column: number }) => [number, number]> {
    const { x, y, width, height } = (await (await this.page.$(".stage"))!.boundingBox())!;
    const scale = Math.min(width / size.width, height / size.height);
    return ({ row, column }) => [
      x + (width - size.width * scale) / 2 + (column + 0.5) * scale,
      y + (height - size.height * scale) / 2 + (row + 0.5) * scale,
    ];
  }

  /**
   * Presses a button by what stands on it, once it is there, may be pressed, and lies under the pointer: the
   * page may still move, as when a notice comes.
   */
  async press(text: string): Promise<void> {
    const wait = this.page.waitForFunction(
      (text: string) => {
        const buttons = [...document.querySelectorAll<HTMLButtonElement>("button")];
        const button = buttons.find((one) =>
          (one.textContent === text || one.getAttribute("aria-label") === text) &&
          one.offsetParent !== null && !one.disabled && one.ariaDisabled !== "true"
        );
        if (!button) return false;
        button.scrollIntoView({ block: "center" });
        const { left, top, width, height } = button.getBoundingClientRect();
        const hit = document.elementFromPoint(left + width / 2, top + height / 2);
        if (!button.contains(hit)) return false;
        button.focus();
        button.click();
        return true;
      },
      { polling: 100 },
      text,
    );
    await wait.catch(({ message }) => {
      throw new Error(`Cannot press ${text}: there is no such button (${message})`);
    });
  }

  /** What one hears of a button that cannot be pressed now; null where it can, or there is none. */
  async reasonAt(text: string): Promise<string | null> {
    return await this.page.evaluate((text) => {
      const buttons = [...document.querySelectorAll<HTMLButtonElement>("button")];
      const button = buttons.find((one) => one.textContent === text && one.offsetParent !== null);
      if (button?.ariaDisabled !== "true") return null;
      // To press it does nothing.
      button.click();
      return document.getElementById(button.getAttribute("aria-describedby")!)!.textContent;
    }, text);
  }

  /** One of the page's workers, by its name. */
  async worker(name: string): Promise<WebWorker> {
    for (const worker of this.page.workers()) {
      if (await worker.evaluate(() => self.name) === name) return worker;
    }
    throw new Error(`Cannot find the worker ${name}`);
  }

  /** The text of the first element that a selector finds. */
  async text(selector: string): Promise<string> {
    return await this.page.$eval(selector, (element) => element.textContent ?? "");
  }

  /** Waits until the text of an element has something in it, and gives it. */
  async waitFor(selector: string, pattern: string): Promise<string> {
    const wait = this.page.waitForFunction(
      (selector: string, pattern: string) =>
        [...document.querySelectorAll<HTMLElement>(selector)]
          .find((found) =>
            found.offsetParent !== null && new RegExp(pattern).test(found.textContent ?? "")
          )
          ?.textContent,
      { polling: 100 },
      ...[selector, pattern],
    );
    return await (await wait).jsonValue() as string;
  }

  /** Presses a button that saves a file, and gives its path once it is whole. */
  async download(button: string): Promise<string> {
    const before = new Set((await Array.fromAsync(Deno.readDir(this.#downloads))).map(nameOf));
    await this.press(button);
    for (const start = Date.now(); Date.now() - start < PATIENCE;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const names = (await Array.fromAsync(Deno.readDir(this.#downloads))).map(nameOf);
      const made = names.find((name) => !before.has(name) && !name.endsWith(".crdownload"));
      if (made !== undefined && names.every((name) => !name.endsWith(".crdownload"))) {
        // The next one of this name would be written over it.
        const place = await Deno.makeTempDir({ dir: this.#folder });
        await Deno.rename(`${this.#downloads}/${made}`, `${place}/${made}`);
        return `${place}/${made}`;
      }
    }
    throw new Error(`Cannot save with ${button}: no file came`);
  }

  get #downloads(): string {
    return `${this.#folder}/downloads`;
  }

  /** Gives files or a folder to the page as if they were chosen, by the name of the input. */
  async give(name: string, paths: readonly string[], which = 0): Promise<void> {
    const inputs = await this.page.$$(`input[type=file][aria-label="${name}"]`);
    await (inputs[which] as ElementHandle<HTMLInputElement>).uploadFile(...paths);
  }

  /** Ends the browser. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function nameOf({ name }: Deno.DirEntry): string {
  return name;
}
