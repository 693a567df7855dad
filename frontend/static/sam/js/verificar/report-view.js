/** How a report is shown: fills what the server's `_verificacion.html` left blank. */

/** @import { Issue } from "./issue.js" */
/** @import { Manifest } from "./manifest.js" */
/** @import { CheckedFile, FileState, Report } from "./outcome.js" */

import { byteSize, counted, moment, thousands } from "../figures.js";
import { fill, slot } from "../slots.js";
import { count, isBroken, isWhole } from "./outcome.js";
import { ICONS, PROBLEMS, REASONS, STATES, printable, verdict } from "./words.js";

const MOST_FILES = 2_000; // a page of more is of no use to a person, and slow

const COMMAND = "python manage.py verificar_zip";

/** @type {[FileState, string, string][]} */
const TALLY = [
  ["intact", "íntegro", "íntegros"],
  ["altered", "alterado", "alterados"],
  ["missing", "faltante", "faltantes"],
  ["extra", "sobrante", "sobrantes"],
  ["unchecked", "sin comprobar", "sin comprobar"],
];

/**
 * @param {Report} report
 * @param {Issue | null} issue
 */
export function verdictOf(report, issue) {
  return verdict(report, { issued: issue?.known === true });
}

/** Whether SAM has answered. @param {Issue} issue */
export function isIssueShown(issue) {
  return issue.known !== null;
}

/**
 * Everything but the verdict, which waits for SAM's answer.
 *
 * @param {HTMLElement} root
 * @param {{report: Report, file: File, checkedAt: Date}} found
 */
export function showReport(root, { report, file, checkedAt }) {
  const { manifest, files } = report;
  const when = moment(checkedAt.toISOString());
  fill(root, "fact-file", `${printable(file.name)}, ${byteSize(file.size)}, el ${when}.`);
  reveal(root, "facts", manifest !== null);
  if (manifest) showFacts(root, manifest);
  say(root, "declared-missing", declaredMissing(manifest?.missing ?? 0));
  showTally(root, report);
  const different = files.filter(({ state }) => state !== "intact");
  showFiles(root, "different", different);
  showAll(root, files);
}

/**
 * @param {HTMLElement} root
 * @param {Manifest} manifest
 */
function showFacts(root, { empresa, request, number, of, instant, sha256 }) {
  fill(root, "fact-empresa", printable(empresa));
  fill(root, "fact-part", `Solicitud ${request}, parte ${number} de ${of}`);
  fill(root, "fact-instant", instantWords(instant));
  fill(root, "fact-sha256", sha256);
}

/**
 * The verdict, in the light of what SAM answered.
 *
 * @param {HTMLElement} root
 * @param {Report} report
 * @param {Issue | null} issue null where there was no manifest to ask for
 */
export function showIssue(root, report, issue) {
  const look = lookOf(report, issue);
  fill(root, "verdict", verdictOf(report, issue));
  slot(root, "verdict-icon")?.setAttribute("href", `#i-${look}`);
  slot(root, "verdict-look")?.setAttribute("data-look", look);
  slot(root, "verdict-box")?.setAttribute("data-level", { ok: "success", warn: "warning", bad: "error" }[look]);
  slot(root, "report")?.setAttribute("data-state", look);
  say(root, "explanation", explanation(report));
  say(root, "issue", issue ? issueWords(issue) : "");
  showProblems(root, report);
  const ask = /** @type {HTMLElement | null} */ (root.querySelector("[data-verb='ask']"));
  if (ask) ask.hidden = issue === null || issue.known !== null;
}

/**
 * @param {Report} report
 * @param {Issue | null} issue
 * @returns {"ok" | "warn" | "bad"}
 */
function lookOf(report, issue) {
  if (isBroken(report)) return "bad";
  return isWhole(report) && issue?.known ? "ok" : "warn";
}

/** @param {Report} report */
function explanation(report) {
  const { manifest, files } = report;
  if (!manifest) return "";
  const unchecked = count(report, "unchecked");
  const wrong = files.length - count(report, "intact") - unchecked;
  if (wrong > 0) return `No corresponde a su manifiesto en ${counted(wrong, "archivo", "archivos")}.`;
  if (isBroken(report)) return "Sus archivos son los de su manifiesto, pero el ZIP trae algo más:";
  if (unchecked > 0) {
    const not = counted(unchecked, "archivo no se pudo comprobar", "archivos no se pudieron comprobar");
    return `${not} en el navegador. Para comprobarlo entero: ${COMMAND} ARCHIVO.zip`;
  }
  const all = counted(files.length, "archivo es, byte por byte, el", "archivos son, byte por byte, los");
  return `Sus ${all} de su manifiesto. No falta ni sobra ninguno.`;
}

/** @param {Issue} issue */
function issueWords(issue) {
  if (issue.known) return `SAM emitió este manifiesto el ${moment(issue.at)}.`;
  if (issue.known === null) return "No se pudo preguntar a SAM si emitió este manifiesto.";
  return "Este SAM no conoce su manifiesto: puede ser de otra instalación, o no ser auténtico.";
}

/** @param {number} missing */
function declaredMissing(missing) {
  if (missing === 0) return "";
  const documents = counted(missing, "documento faltante", "documentos faltantes");
  return `Se emitió con ${documents}: el propio paquete los nombra en FALTANTES.`;
}

/**
 * What a manifest says of its instant, which may be anything.
 *
 * @param {string} instant
 */
function instantWords(instant) {
  return Number.isNaN(Date.parse(instant)) ? printable(instant) : moment(instant);
}

/**
 * @param {HTMLElement} root
 * @param {Report} report
 */
function showProblems(root, { problems }) {
  const items = problems.map((problem) => {
    const item = document.createElement("li");
    item.textContent = PROBLEMS[problem];
    return item;
  });
  slot(root, "problems")?.replaceChildren(...items);
}

/**
 * @param {HTMLElement} root
 * @param {Report} report
 */
function showTally(root, report) {
  const counts = TALLY.map(([state, one, many]) => ({ state, number: count(report, state), one, many }));
  const told = counts.filter(({ state, number }) => number > 0 || state !== "unchecked");
  const items = told.map(({ state, number, one, many }) => {
    const item = clone(root, "count");
    item.dataset.look = number > 0 ? ICONS[state] : "off";
    slot(item, "count-icon")?.setAttribute("href", `#i-${item.dataset.look}`);
    fill(item, "count-words", counted(number, one, many));
    return item;
  });
  slot(root, "tally")?.replaceChildren(...(report.manifest ? items : []));
}

/**
 * The whole list, made when it is first opened.
 *
 * @param {HTMLElement} root
 * @param {CheckedFile[]} files
 */
function showAll(root, files) {
  const details = /** @type {HTMLDetailsElement | null} */ (slot(root, "details"));
  if (!details) return;
  details.open = false;
  details.hidden = files.length === 0;
  details.ontoggle = () => {
    if (!details.open) return;
    details.ontoggle = null;
    showFiles(root, "all", files);
  };
  showFiles(root, "all", []);
  fill(root, "all-title", `Ver ${files.length === 1 ? "el archivo" : `los ${thousands(files.length)} archivos`}`);
}

/**
 * @param {HTMLElement} root
 * @param {"different" | "all"} list
 * @param {CheckedFile[]} files
 */
function showFiles(root, list, files) {
  const items = files.slice(0, MOST_FILES).map((file) => {
    const item = clone(root, "file");
    item.dataset.look = ICONS[file.state];
    item.dataset.state = file.state;
    slot(item, "file-icon")?.setAttribute("href", `#i-${ICONS[file.state]}`);
    fill(item, "file-state", STATES[file.state]);
    fill(item, "file-path", printable(file.path));
    fill(item, "file-reason", file.reason ? REASONS[file.reason] : "");
    return item;
  });
  slot(root, list)?.replaceChildren(...items);
  const more = files.length - items.length;
  say(root, `${list}-more`, more > 0 ? `Y ${counted(more, "archivo más", "archivos más")}; ${COMMAND} los nombra todos.` : "");
}

/**
 * @param {HTMLElement} root
 * @param {string} name
 */
function clone(root, name) {
  const template = /** @type {HTMLTemplateElement} */ (root.querySelector(`template[data-template="${name}"]`));
  return /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
}

/**
 * @param {HTMLElement} root
 * @param {string} name
 * @param {string} text
 */
function say(root, name, text) {
  fill(root, name, text);
  reveal(root, name, text !== "");
}

/**
 * @param {HTMLElement} root
 * @param {string} name
 * @param {boolean} shown
 */
function reveal(root, name, shown) {
  const place = slot(root, name);
  if (place) place.hidden = !shown;
}
