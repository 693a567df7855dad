"use strict";
/* global document, location, addEventListener */

// What the page can do besides being read: filter its equipos, and open or close all of them.

const find = (id) => document.getElementById(id);
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const controls = { text: find("text"), state: find("state"), light: find("light"), missing: find("missing") };
const equipos = [...document.querySelectorAll(".equipo")].map((element) => ({
  element,
  details: element.querySelector("details"),
  estado: element.dataset.estado,
  semaforos: element.dataset.semaforos.split(" "),
  faltantes: "faltantes" in element.dataset,
  // The row, and of the documentos what is said beside their names: dates and numbers of certificates.
  words: plain([element.rows[0], ...element.querySelectorAll(".about")].map((one) => one.textContent).join(" ")),
}));

function matches(equipo, wanted) {
  return (
    wanted.text.every((word) => equipo.words.includes(word)) &&
    (!wanted.state || equipo.estado === wanted.state) &&
    (!wanted.light || equipo.semaforos.includes(wanted.light)) &&
    (!wanted.missing || equipo.faltantes)
  );
}

function filter() {
  const wanted = {
    text: plain(controls.text.value).split(/\s+/).filter(Boolean),
    state: controls.state.value,
    light: controls.light.value,
    missing: controls.missing.checked,
  };
  let shown = 0;
  for (const equipo of equipos) {
    const fits = matches(equipo, wanted);
    equipo.element.hidden = !fits;
    shown += Number(fits);
  }
  const all = `${equipos.length} ${equipos.length === 1 ? "equipo" : "equipos"}`;
  find("shown").textContent = shown === equipos.length ? all : `${shown} de ${all}`;
  find("none").hidden = shown > 0;
}

function setOpen(open) {
  for (const equipo of equipos) {
    if (!equipo.element.hidden) equipo.details.open = open;
  }
}

// A link from the list of faltantes leads to its equipo even where a filter hides it.
function unhide() {
  const target = find(decodeURIComponent(location.hash.slice(1)));
  if (!target?.hidden) return;
  find("filters").reset();
  filter();
  target.scrollIntoView();
}

find("filters").addEventListener("input", filter);
find("filters").addEventListener("submit", (event) => event.preventDefault());
find("unfold").addEventListener("click", () => setOpen(true));
find("fold").addEventListener("click", () => setOpen(false));
addEventListener("hashchange", unhide);
find("filters").hidden = false;
filter(); // a browser that goes back keeps what was typed
