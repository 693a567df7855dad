/** Whether somebody works with a table: points at it, or has the focus in it. */

export class Hands {
  #isPointing = false;
  #isFocused = false;

  /**
   * @param {{table: HTMLElement | null, onChange: () => void, signal: AbortSignal}} options
   */
  constructor({ table, onChange, signal }) {
    const point = (/** @type {boolean} */ is) => (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === "touch") return; // a finger that is gone points at nothing
      this.#isPointing = is;
      onChange();
    };
    const focus = (/** @type {EventTarget | null} */ holder) => {
      this.#isFocused = holder instanceof Node && table !== null && table.contains(holder);
      onChange();
    };
    table?.addEventListener("pointerenter", point(true), { signal });
    table?.addEventListener("pointerleave", point(false), { signal });
    table?.addEventListener("focusin", ({ target }) => focus(target), { signal });
    table?.addEventListener("focusout", ({ relatedTarget }) => focus(relatedTarget), { signal });
  }

  get isOn() {
    return this.#isPointing || this.#isFocused;
  }
}
