/** A button that opens a list of which one is chosen. A menu button as ARIA describes it. */
import { element } from "./element.js";

/**
 * @param {{ title: string, name: string, onChoose: (value: unknown) => void }} options `name` is a class of the button
 * @returns {{ node: HTMLElement, show: (choices: { value: unknown, name: string, note?: string }[], chosen: unknown, label: string) => void }}
 */
export function choiceMenu({ title, name, onChoose }) {
  const label = element("span", {});
  const button = element("button", { type: "button", class: `plain choice ${name}`, "aria-haspopup": "menu", "aria-expanded": "false", disabled: true, onclick: toggle, onkeydown: openByKey },
    element("span", { class: "quiet" }, title), label);
  const menu = element("div", { class: "menu", role: "menu", "aria-label": title, hidden: true, onkeydown: moveByKey });
  const node = element("div", { class: "choice-box", onfocusout: closeWhenLeft }, button, menu);

  function items() {
    return [...menu.querySelectorAll("[role=menuitemradio]")];
  }

  function open(focusLast = false) {
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    const all = items();
    (focusLast ? all.at(-1) : all.find((item) => item.getAttribute("aria-checked") === "true") ?? all[0])?.focus();
  }

  function close(focusButton = false) {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (focusButton) button.focus();
  }

  function toggle() {
    if (menu.hidden) open();
    else close();
  }

  function openByKey(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    open(event.key === "ArrowUp");
  }

  function moveByKey(event) {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const targets = { ArrowDown: all[(at + 1) % all.length], ArrowUp: all.at(at - 1), Home: all[0], End: all.at(-1) };
    event.stopPropagation(); // the player's own keys rest while the menu is open
    if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    if (targets[event.key] === undefined) return;
    event.preventDefault();
    targets[event.key].focus();
  }

  function closeWhenLeft(event) {
    if (!node.contains(event.relatedTarget)) close();
  }

  function item({ value, name, note = "" }, chosen) {
    return element("button", { type: "button", role: "menuitemradio", tabindex: "-1", "aria-checked": String(value === chosen), onclick: () => choose(value) },
      element("span", {}, name), element("span", { class: "quiet" }, note));
  }

  function choose(value) {
    close(true); // first: what is shown does not change under somebody who chooses
    onChoose(value);
  }

  return {
    node,
    show(choices, chosen, text) {
      label.textContent = text;
      button.disabled = choices.length === 0;
      if (menu.contains(document.activeElement)) return; // somebody is choosing
      menu.replaceChildren(...choices.map((choice) => item(choice, chosen)));
    },
  };
}
