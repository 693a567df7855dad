/** Tells a screen reader what changed, politely and seldom, through the page's one live region. */

/** Changes that come this close together are one sentence, or only counted when they are many. */
const TOGETHER_MS = 300;
const MANY = 4;

/** @type {string[]} */
let waiting = [];

/** @param {string} sentence */
export function announce(sentence) {
  waiting.push(sentence);
  if (waiting.length === 1) setTimeout(speak, TOGETHER_MS);
}

function speak() {
  const region = document.querySelector("[data-announcer]");
  if (region) region.textContent = waiting.length > MANY ? `Hubo ${waiting.length} cambios.` : waiting.join(" ");
  waiting = [];
}
