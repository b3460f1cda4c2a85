// @ts-check
// What a link says of the viewer: ?capas=a,b&opacidad=80,100&v=25.5428,-103.4067,14&sel=colonias:12
// Nothing else is state. What the link says always wins over defaults. Pure: no document, no map.

/** @typedef {import('./types').ViewState} ViewState */
/** @typedef {import('./types').StackEntry} StackEntry */
/** @typedef {import('./types').View} View */

/** How many maps can be stacked. */
export const STACK_MAX = 8;

const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** @param {string | null} text @returns {View | null} */
export function parseView(text) {
  const parts = (text ?? '').split(',');
  const [lat, lon, zoom] = parts.map((part) => (/^-?\d+(\.\d+)?$/.test(part) ? Number(part) : NaN));
  if (parts.length !== 3 || !(Math.abs(lat) <= 85.06) || !(Math.abs(lon) <= 180) || !(zoom >= 0 && zoom <= 24)) {
    return null;
  }
  return { lat, lon, zoom };
}

/** Digits behind the point that matter at a zoom: a quarter of a pixel. @param {number} zoom */
export function decimalsAt(zoom) {
  return Math.min(7, Math.max(2, Math.ceil(Math.log10((256 * 2 ** zoom) / 360)) + 1));
}

/** @param {View} view */
export function formatView({ lat, lon, zoom }) {
  const digits = decimalsAt(zoom);
  /** @param {number} number @param {number} decimals */
  const short = (number, decimals) => String(Number(number.toFixed(decimals)));
  return `${short(lat, digits)},${short(lon, digits)},${short(zoom, 2)}`;
}

/** An opacity in percent: a whole number from 0 to 100, else fully opaque. @param {string | undefined} text */
function parseOpacity(text) {
  const number = text && /^\d{1,3}$/.test(text) ? Number(text) : 100;
  return Math.min(100, number);
}

/**
 * Reads the query of a page. Maps that are not in `known` are left out; without "capas" the page's own map is shown.
 * @param {string} query @param {string} ownMap @param {readonly string[]} known @returns {ViewState}
 */
export function parseState(query, ownMap, known) {
  const parameters = new URLSearchParams(query);
  const ids = parameters.get('capas');
  const opacities = (parameters.get('opacidad') ?? '').split(',');
  /** @type {StackEntry[]} */
  const stack = [];
  (ids === null ? [ownMap] : ids.split(',')).forEach((id, index) => {
    if (ID.test(id) && known.includes(id) && stack.length < STACK_MAX && !stack.some((entry) => entry.id === id)) {
      stack.push({ id, opacity: parseOpacity(opacities[index]) });
    }
  });
  if (!stack.some((entry) => entry.id === ownMap)) {
    stack.unshift({ id: ownMap, opacity: ids === null || stack.length === 0 ? 100 : 0 });
  }
  const selected = parameters.get('sel');
  return {
    stack: stack.slice(0, STACK_MAX),
    view: parseView(parameters.get('v')),
    selected: selected && /^[a-z0-9][a-z0-9_-]{0,63}:.{1,200}$/.test(selected) ? selected : null,
  };
}

/**
 * The query that restores `state`, with what else `query` holds (language, embedding) kept. Starts with "?" or is empty.
 * @param {ViewState} state @param {string} ownMap @param {string} query
 */
export function formatState(state, ownMap, query) {
  const parameters = new URLSearchParams(query);
  for (const name of ['capas', 'opacidad', 'v', 'sel']) {
    parameters.delete(name);
  }
  const isDefault = state.stack.length === 1 && state.stack[0].id === ownMap && state.stack[0].opacity === 100;
  if (!isDefault) {
    parameters.set('capas', state.stack.map((entry) => entry.id).join(','));
    parameters.set('opacidad', state.stack.map((entry) => String(entry.opacity)).join(','));
  }
  if (state.view) {
    parameters.set('v', formatView(state.view));
  }
  if (state.selected) {
    parameters.set('sel', state.selected);
  }
  // Commas and colons may stand in a query, and people read these links.
  const text = parameters.toString().replace(/%2C/g, ',').replace(/%3A/g, ':');
  return text ? `?${text}` : '';
}
