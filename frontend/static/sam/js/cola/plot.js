/** The geometry of a chart: values to paths, in the units of its drawing. Pure. */

/**
 * `left` and `right` leave room for the words at both ends.
 *
 * @typedef {{width: number, height: number, top: number, right: number, bottom: number, left: number}} Frame
 */

const ALONE = 4;

/**
 * The least round number that is not below: 1, 2 or 5 by a power of ten.
 *
 * @param {number} value
 */
export function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}

/**
 * The commands of a line through the values; what is null interrupts it, and a lone value is a short stroke.
 *
 * @param {(number | null)[]} values
 * @param {number} most
 * @param {Frame} frame
 */
export function line(values, most, frame) {
  const step = (frame.width - frame.left - frame.right) / Math.max(1, values.length - 1);
  let isDown = false;
  const commands = values.map((value, index) => {
    if (value === null) {
      isDown = false;
      return "";
    }
    const [x, y] = [frame.left + index * step, round(heightOf(value, most, frame))];
    const isAlone = !isDown && (values[index + 1] ?? null) === null;
    if (isAlone) return `M${round(x - ALONE / 2)} ${y}h${ALONE}`;
    const command = `${isDown ? "L" : "M"}${round(x)} ${y}`;
    isDown = true;
    return command;
  });
  return commands.filter(Boolean).join("");
}

/**
 * @param {number} value
 * @param {number} most
 * @param {Frame} frame
 */
export function heightOf(value, most, { height, top, bottom }) {
  return height - bottom - (Math.min(value, most) / most) * (height - top - bottom);
}

/**
 * The last value that is known, and the largest.
 *
 * @param {(number | null)[]} values
 */
export function ends(values) {
  const known = values.filter((value) => value !== null);
  return { last: known.at(-1) ?? null, most: Math.max(0, ...known) };
}

/**
 * Where the words of two lines may stand without covering each other.
 *
 * @param {number} first
 * @param {number} second
 * @param {number} apart
 * @returns {[number, number]}
 */
export function spread(first, second, apart) {
  const gap = Math.abs(first - second);
  if (gap >= apart) return [first, second];
  const push = (apart - gap) / 2;
  return first <= second ? [first - push, second + push] : [first + push, second - push];
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
