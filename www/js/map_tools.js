// @ts-check
// The buttons below the map: share, my location, large map, print.

import { byId } from './page_elements.js';

/** @typedef {import('./viewer.js').Viewer} Viewer */

/** Keeps the link and the code for embedding in the page up to date with the map. @param {Viewer} viewer */
function updateLinks(viewer) {
  const link = document.getElementById('share-link');
  const embed = document.getElementById('share-embed');
  if (link instanceof HTMLInputElement && embed instanceof HTMLTextAreaElement) {
    const address = new URL(viewer.link());
    link.value = address.href;
    address.searchParams.set('embed', '1');
    const source = address.href.replace(/%2C/g, ',').replace(/%3A/g, ':').replace(/&/g, '&amp;');
    embed.value = embed.defaultValue.replace(/src="[^"]*"/, () => `src="${source}"`);
  }
}

/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Pages without HTTPS have no clipboard.
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) {
    throw new Error('copying was refused');
  }
}

/** Copies and says so, on the button and to screen readers. @param {Viewer} viewer @param {HTMLElement} button @param {string} text */
async function copyAndSay(viewer, button, text) {
  const { copied, copyFailed } = viewer.data.texts;
  const label = button.textContent;
  let said = copied;
  try {
    await copy(text);
  } catch {
    said = copyFailed;
  }
  button.textContent = said;
  viewer.announce(said);
  window.setTimeout(() => {
    button.textContent = label;
  }, 2500);
}

/** @param {Viewer} viewer */
function startShare(viewer) {
  const button = byId('tool-share');
  button.addEventListener('click', () => {
    const section = document.getElementById('compartir');
    void copyAndSay(viewer, button, viewer.link());
    section?.scrollIntoView({ block: 'nearest' });
    section?.classList.add('is-called');
    byId('share-link').focus({ preventScroll: true });
  });
  for (const copier of document.querySelectorAll('[data-copy]')) {
    const target = /** @type {HTMLElement} */ (copier);
    target.hidden = false;
    target.addEventListener('click', () => {
      const field = /** @type {HTMLInputElement} */ (byId(target.dataset.copy ?? ''));
      field.select();
      void copyAndSay(viewer, target, field.value);
    });
  }
  document.addEventListener('tesela-address', () => updateLinks(viewer));
  updateLinks(viewer);
}

/** @param {[number, number, number, number] | null} bounds @param {{ lat: number, lon: number }} point */
export function isInside(bounds, { lat, lon }) {
  if (!bounds) {
    return true;
  }
  const [west, south, east, north] = bounds;
  const marginX = (east - west) / 2;
  const marginY = (north - south) / 2;
  return lon >= west - marginX && lon <= east + marginX && lat >= south - marginY && lat <= north + marginY;
}

/** The location stays in the browser: nothing of it is sent but the tiles around it. @param {Viewer} viewer */
function startLocate(viewer) {
  const button = byId('tool-locate');
  const { texts, bounds, maxZoom } = viewer.data;
  /** @type {import('./types').RasterHandle | null} */
  let mark = null;
  button.addEventListener('click', async () => {
    viewer.note(texts.locating);
    try {
      const { lat, lon } = await viewer.adapter.locate();
      viewer.note('');
      if (!isInside(bounds, { lat, lon })) {
        viewer.note(texts.locateOutside);
        return;
      }
      if (mark) {
        viewer.adapter.removeLayer(mark);
      }
      mark = viewer.adapter.addGeoJSON({ type: 'Point', coordinates: [lon, lat] });
      viewer.adapter.setView({ lat, lon, zoom: Math.min(16, maxZoom) });
      viewer.announce(texts.located);
    } catch {
      viewer.note(texts.locateFailed);
      viewer.announce(texts.locateFailed);
    }
  });
}

/** @param {Viewer} viewer */
function startLarge(viewer) {
  const button = byId('tool-large');
  const { larger, smaller } = viewer.data.texts;
  /** @param {boolean} large */
  const set = (large) => {
    document.documentElement.classList.toggle('map-is-large', large);
    button.textContent = large ? smaller : larger;
    button.setAttribute('aria-pressed', String(large));
  };
  button.setAttribute('aria-pressed', 'false');
  button.addEventListener('click', () => set(!document.documentElement.classList.contains('map-is-large')));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && byId('panel').hidden) {
      set(false);
    }
  });
}

/** The address of one picture of what is seen: paper shows it instead of tiles, which leave white lines.
 * @param {string} map @param {import('./types').View} view @param {string} version */
export function pictureAddress(map, { lat, lon, zoom }, version) {
  return `/maps/${map}.png?center=${lon.toFixed(6)},${lat.toFixed(6)}&zoom=${zoom}&size=800x500&v=${version}`;
}

/** @param {Viewer} viewer */
function startPrint(viewer) {
  const picture = /** @type {HTMLImageElement} */ (byId('map-picture'));
  const bring = () => {
    const { map, maps } = viewer.data;
    for (const source of document.querySelectorAll('.map-picture source')) {
      source.remove();
    }
    const address = pictureAddress(map, viewer.adapter.getView(), maps[0].version);
    if (picture.getAttribute('src') !== address) {
      picture.src = address;
    }
  };
  const print = async () => {
    bring();
    try {
      await picture.decode();
    } finally {
      window.print();
    }
  };
  byId('tool-print').addEventListener('click', print);
  // The browser's own menu does not wait for the picture, so the usual key is served by us.
  window.addEventListener('beforeprint', bring);
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'p') {
      event.preventDefault();
      void print();
    }
  });
}

/** @param {Viewer} viewer */
export function start(viewer) {
  startShare(viewer);
  startLocate(viewer);
  startLarge(viewer);
  startPrint(viewer);
  byId('tools').hidden = false;
}
