// Elements without a framework: `h` makes them, `put` replaces a part of the page only when what it shows has changed,
// so that focus, selection and half-typed words stay where they are.

/** h("button", { class: "btn", onclick: go }, "Go"). Null and false children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = tag === "svg" || tag === "path" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Fills `place` anew if `key` differs from the last one. Focus goes to the element with the same `data-k`. */
export function put(place, key, build) {
  const text = typeof key === "string" ? key : JSON.stringify(key);
  if (place.shownKey === text) return false;
  place.shownKey = text;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.k : null;
  const made = build();
  place.replaceChildren(...[made].flat(Infinity).filter((child) => child != null && child !== false));
  if (focused) place.querySelector(`[data-k="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  return true;
}

export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export const $ = (selector, root = document) => root.querySelector(selector);

export const kbd = (key) => h("kbd", { "aria-hidden": "true" }, key);

/** Read out once, politely. Used for what a person must know without looking: a new call, a lost connection. */
export function announce(text) {
  const region = $("#live");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

/** A question that must be answered. Resolves to true or false. */
export function confirm(title, more, yes, no, danger) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-more" },
      h("h2", { id: "dialog-title" }, title),
      h("p", { id: "dialog-more", class: "quiet" }, more),
      h("div", { class: "actions" },
        h("button", { class: "btn", type: "button", "data-answer": "no", onclick: () => dialog.close("no") }, no),
        h("button", { class: danger ? "btn danger" : "btn primary", type: "button", "data-answer": "yes", onclick: () => dialog.close("yes") }, yes)));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
