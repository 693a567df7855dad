/** A list in the page whose elements are kept by key: made once, moved only when out of place, never under the focus. */

/**
 * @template T what each element shows
 * @template {{element: HTMLElement}} V how it is shown
 */
export class Keyed {
  #list;
  #make;
  /** @type {Map<string, V>} */
  #views = new Map();

  /**
   * @param {HTMLElement} list
   * @param {{key: (element: HTMLElement) => string | undefined, adopt: (element: HTMLElement) => V, make: (item: T) => V}} how
   *   adopt: take over what the server rendered
   */
  constructor(list, { key, adopt, make }) {
    this.#list = list;
    this.#make = make;
    for (const child of /** @type {HTMLElement[]} */ ([...list.children])) {
      const name = key(child);
      if (name !== undefined) this.#views.set(name, adopt(child));
    }
  }

  /** @returns {Iterable<V>} */
  get views() {
    return this.#views.values();
  }

  /** @param {string} key */
  get(key) {
    return this.#views.get(key);
  }

  /**
   * One element for each item, in their order.
   *
   * @param {T[]} items
   * @param {(item: T) => string} keyOf
   * @param {(view: V, item: T) => void} show
   */
  show(items, keyOf, show) {
    const wanted = new Map(items.map((item) => [keyOf(item), item]));
    const focused = document.activeElement;
    for (const [key, view] of this.#views) {
      // What has the focus stays until it has it no more: the next digest takes it away.
      if (wanted.has(key) || (focused && view.element.contains(focused))) continue;
      view.element.remove();
      this.#views.delete(key);
    }
    let place = this.#list.firstElementChild;
    for (const [key, item] of wanted) {
      let view = this.#views.get(key);
      if (!view) {
        view = this.#make(item);
        this.#views.set(key, view);
      }
      show(view, item);
      if (view.element === place) place = place.nextElementSibling;
      else if (!focused || !view.element.contains(focused)) this.#list.insertBefore(view.element, place);
    }
  }
}
