/** Numbers, sizes and times as Colombians write them. Pure; compared with `sam/words.py` by the same vectors. */

const ZONE = "America/Bogota";

const MONTHS = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];

/** @type {[number, string][]} */
const UNITS = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "KB"],
];

const LOCAL_TIME = new Intl.DateTimeFormat("en-US", {
  timeZone: ZONE,
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/**
 * Decimal units, one digit below 100: "29,4 MB", "512 KB"; integers only, so that both languages round alike.
 *
 * @param {number | null} size
 */
export function byteSize(size) {
  if (size === null) return "";
  const found = UNITS.find(([least]) => size >= least);
  if (!found) return `${size} B`;
  const [unit, name] = found;
  if (size >= 100 * unit || name === "KB") return `${thousands(Math.floor((size + unit / 2) / unit))} ${name}`;
  const tenths = Math.floor((10 * size + unit / 2) / unit);
  return `${Math.floor(tenths / 10)},${tenths % 10} ${name}`;
}

/**
 * @param {number} number
 * @param {string} one
 * @param {string} many
 */
export function counted(number, one, many) {
  return `${thousands(number)} ${number === 1 ? one : many}`;
}

/** @param {number} number */
export function thousands(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ".");
}

/**
 * An ISO instant as "24 nov 2025, 14:05".
 *
 * @param {string | null} iso
 */
export function moment(iso) {
  if (!iso) return "";
  const { day, month, year, time } = local(iso);
  return `${day} ${MONTHS[month - 1]} ${year}, ${time}`;
}

/**
 * An ISO instant as "14:05".
 *
 * @param {string} iso
 */
export function clockTime(iso) {
  return local(iso).time;
}

/**
 * "hace 40 s", "hace 3 min": the age of what a page shows.
 *
 * @param {number} seconds
 */
export function ago(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 90) return `hace ${whole} s`;
  if (whole < 90 * 60) return `hace ${Math.round(whole / 60)} min`;
  return `hace ${Math.round(whole / 3600)} h`;
}

/** @param {string} iso */
function local(iso) {
  const found = LOCAL_TIME.formatToParts(new Date(iso));
  const read = Object.fromEntries(found.map(({ type, value }) => [type, value]));
  return {
    day: Number(read.day),
    month: Number(read.month),
    year: Number(read.year),
    time: `${read.hour}:${read.minute}`,
  };
}
