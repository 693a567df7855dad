/**
 * How elements fill what the server rendered: named slots get text, named controls come from `<template>`s and go.
 *
 * Text is text and addresses are attributes; no markup is ever made from data.
 */

const ADDRESSED = ["id", "action", "href", "aria-labelledby", "aria-describedby"];

/**
 * @param {ParentNode} root
 * @param {string} name
 * @returns {HTMLElement | null}
 */
export function slot(root, name) {
  return root.querySelector(`[data-slot="${name}"]`);
}

/**
 * Set the text of a slot, if the page has it; an equal text is left alone, so that nothing is announced twice.
 *
 * @param {ParentNode} root
 * @param {string} name
 * @param {string} text
 */
export function fill(root, name, text) {
  const place = slot(root, name);
  if (place && place.textContent !== text) place.textContent = text;
}

/**
 * A copy of a template's only element, with its 0 replaced by `id` wherever the blank had one.
 *
 * @param {HTMLTemplateElement} template
 * @param {number} id
 */
export function copy(template, id) {
  const clone = /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
  address(clone, id);
  return clone;
}

/**
 * Show or remove a control of `root`: present, it is the one that the server rendered or a copy of the template's.
 *
 * @param {HTMLElement} root
 * @param {HTMLTemplateElement} template
 * @param {{name: string, id: number, present: boolean}} control
 */
export function control(root, template, { name, id, present }) {
  const place = root.querySelector(`[data-control="${name}"]`);
  const blank = template.content.querySelector(`[data-control="${name}"]`);
  if (!place || !blank || present === place.childElementCount > 0) return;
  if (present) {
    const clone = /** @type {HTMLElement} */ (document.importNode(blank, true));
    address(clone, id);
    place.replaceChildren(...clone.children);
    return;
  }
  const focused = place.contains(document.activeElement);
  place.replaceChildren();
  if (focused) root.focus({ preventScroll: true }); // or a keyboard would be thrown back to the top of the page
}

/**
 * @param {HTMLElement} clone
 * @param {number} id
 */
function address(clone, id) {
  for (const element of [clone, ...clone.querySelectorAll("*")]) {
    for (const name of ADDRESSED) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace(/(?<=[-/])0(?=[-/]|$)/, String(id)));
    }
  }
}
