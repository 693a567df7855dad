/** The slots of one element, found once: a page of 200 rows is filled each second. */

/** @param {HTMLElement} element */
export function slotsOf(element) {
  /** @type {Map<string, HTMLElement>} */
  const found = new Map();
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-slot]"))) {
    found.set(place.dataset.slot ?? "", place);
  }
  return new Slots(found);
}

export class Slots {
  #places;
  /** @type {Map<HTMLElement, string>} */
  #texts = new Map();

  /** @param {Map<string, HTMLElement>} places */
  constructor(places) {
    this.#places = places;
  }

  /** @param {string} name */
  get(name) {
    return this.#places.get(name);
  }

  /**
   * Write a text where it is another than the last; reading it back from the page would cost more than writing.
   *
   * @param {string} name
   * @param {string} text
   */
  fill(name, text) {
    const place = this.#places.get(name);
    if (!place || this.#texts.get(place) === text) return;
    this.#texts.set(place, text);
    if (place.textContent !== text) place.textContent = text;
  }

  /**
   * @param {string} name
   * @param {boolean} isShown
   */
  reveal(name, isShown) {
    const place = this.#places.get(name);
    if (place && place.hidden === isShown) place.hidden = !isShown;
  }

  /**
   * @param {string} name
   * @param {string} attribute
   * @param {string} value
   */
  mark(name, attribute, value) {
    const place = this.#places.get(name);
    if (place && place.getAttribute(attribute) !== value) place.setAttribute(attribute, value);
  }
}
