/// <reference lib="dom" />
/**
 * Making elements in few words.
 *
 * @module
 */

/** What an element may hold. */
export type Child = Node | string | null | readonly Child[];

/** Properties and attributes; `on…` are listeners, `false` and null leave an attribute out. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | null | ((event: never) => void)>
>;

/** Makes an element. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as unknown as EventListener);
    } else if (value !== false && value !== null) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null) continue;
    if (typeof child === "string" || child instanceof Node) element.append(child);
    else append(element, child);
  }
}

/** A button. */
export function button(
  text: string,
  press: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  const onclick = (event: Event) => {
    if ((event.currentTarget as HTMLElement).ariaDisabled !== "true") press();
  };
  return make("button", { type: "button", onclick, ...attributes }, text);
}

let ids = 0;

/**
 * Blocks a button, or frees it. A blocked one can still be reached with the keyboard, so that one hears why.
 *
 * @param why The element that says why; null where it can be pressed.
 */
export function block(button: HTMLButtonElement, why: HTMLElement | null): void {
  if (why === null) {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-describedby");
    return;
  }
  why.id ||= `why-${++ids}`;
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-describedby", why.id);
}

/** A button with a sign for a text, and a name for who cannot see it. */
export function signButton(
  sign: string,
  name: string,
  press: () => void,
): HTMLButtonElement {
  return button(sign, press, { class: "sign", "aria-label": name, title: name });
}

/** Shows an element or hides it. */
export function show(element: HTMLElement, isShown: boolean): void {
  element.hidden = !isShown;
}
