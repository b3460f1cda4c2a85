// @ts-check
// The viewer: makes the page's picture a live map of the same box. What is not needed for the first tiles (list of
// maps, answers to clicks, sharing) is loaded afterwards, so that the first map comes fast on a slow line.

import { create } from './adapter_leaflet.js';
import { formatState, parseState } from './view_state.js';

/** @typedef {import('./types').ViewerData} ViewerData */
/** @typedef {import('./types').ViewState} ViewState */
/** @typedef {import('./types').MapAdapter} MapAdapter */
/** @typedef {import('./types').RasterHandle} RasterHandle */

/** What the modules of the viewer share. @typedef {{
 *   data: ViewerData, state: ViewState, adapter: MapAdapter, box: HTMLElement,
 *   announce: (text: string) => void, changed: () => void, drawStack: () => void, note: (text: string, retry?: () => void) => void,
 *   link: () => string }} Viewer */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Says something to screen readers, politely, after things have calmed down. @param {HTMLElement} region */
function announcer(region) {
  let timer = 0;
  /** @param {string} text */
  return (text) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      region.textContent = text;
    }, 700);
  };
}

/** Shows a line over the map, with a button when there is something to do. @param {HTMLElement} place @param {string} retryText */
function noteShower(place, retryText) {
  /** @param {string} text @param {() => void} [retry] */
  return (text, retry) => {
    place.hidden = !text;
    place.textContent = text;
    if (retry) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = retryText;
      button.addEventListener('click', retry);
      place.append(' ', button);
    }
  };
}

/** Keeps one raster layer for each visible map of the stack. @param {Viewer} viewer */
function stackDrawer(viewer) {
  /** @type {Map<string, RasterHandle>} */
  const shown = new Map();
  const { data, adapter, state } = viewer;
  /** @param {string} id */
  const url = (id) => {
    const version = data.maps.find((map) => map.id === id)?.version;
    return `/tiles/${id}/{z}/{x}/{y}{r}.png${version ? `?v=${version}` : ''}`;
  };
  return () => {
    for (const [id, handle] of shown) {
      if (!state.stack.some((entry) => entry.id === id && entry.opacity > 0)) {
        adapter.removeLayer(handle);
        shown.delete(id);
      }
    }
    state.stack.forEach(({ id, opacity }, order) => {
      const handle = shown.get(id);
      if (handle) {
        adapter.setOpacity(handle, opacity, order + 1);
      } else if (opacity > 0) {
        const attribution = data.maps.find((map) => map.id === id)?.attribution ?? '';
        const text = document.createElement('span');
        text.textContent = attribution;
        shown.set(id, adapter.addRaster({ url: url(id), opacity, order: order + 1, maxZoom: data.maxZoom, attribution: text.innerHTML }));
      }
    });
    viewer.note(shown.size === 0 ? data.texts.noLayers : '');
  };
}

/** Tells of tiles that did not come, once until the map moves on. @param {Viewer} viewer */
function watchFailures(viewer) {
  viewer.adapter.on('failed', () => {
    viewer.note(viewer.data.texts.tilesFailed, () => {
      const hidden = viewer.state.stack.map((entry) => entry.opacity);
      viewer.state.stack.forEach((entry) => { entry.opacity = 0; });
      viewer.drawStack();
      viewer.state.stack.forEach((entry, index) => { entry.opacity = hidden[index]; });
      viewer.drawStack();
    });
  });
}

/** Groups of the legend that the map does not draw at this zoom are set back. @param {number} zoom */
function dimLegend(zoom) {
  for (const group of document.querySelectorAll('.legend-group')) {
    const { minZoom, maxZoom } = /** @type {HTMLElement} */ (group).dataset;
    group.classList.toggle('not-now', zoom < Number(minZoom) || zoom >= Number(maxZoom));
  }
}

/** @param {Viewer} viewer */
function watchMoves(viewer) {
  const { data, adapter, state } = viewer;
  adapter.onMove(() => {
    state.view = adapter.getView();
    dimLegend(state.view.zoom);
    viewer.changed();
    const format = new Intl.NumberFormat(data.language, { maximumFractionDigits: 4 });
    const { lat, lon, zoom } = state.view;
    viewer.announce(data.texts.moved.replace('{lat}', format.format(lat)).replace('{lon}', format.format(lon)).replace('{zoom}', String(zoom)));
  });
  dimLegend(data.view.zoom);
}

/** Writes the state into the address, at most a few times a second (browsers limit it). @param {ViewerData} data @param {ViewState} state */
function addressWriter(data, state) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      history.replaceState(null, '', location.pathname + formatState(state, data.map, location.search) + location.hash);
      document.dispatchEvent(new CustomEvent('tesela-address'));
    }, 150);
  };
}

/** @param {ViewerData} data @param {HTMLElement} box @param {(text: string) => void} onHint */
function makeMap(data, box, onHint) {
  const help = document.createElement('p');
  help.id = 'map-help';
  help.className = 'sr';
  help.textContent = data.texts.mapHelp;
  box.before(help);
  box.hidden = false;
  box.setAttribute('role', 'application');
  box.setAttribute('aria-roledescription', data.texts.mapRole);
  box.setAttribute('aria-describedby', help.id);
  return create(box, {
    view: data.view,
    minZoom: data.minZoom,
    maxZoom: data.maxZoom,
    embedded: data.embedded,
    reducedMotion: matchMedia('(prefers-reduced-motion: reduce)').matches,
    texts: data.texts,
    onHint,
  });
}

/** Loads what can wait. @param {Viewer} viewer */
async function addTheRest(viewer) {
  /** @type {Promise<{ start: (viewer: Viewer) => void }>[]} */
  const modules = [import('./identify_panel.js'), import('./map_tools.js')];
  if (!viewer.data.embedded) {
    modules.push(import('./map_stack.js'));
  }
  for (const module of await Promise.all(modules)) {
    module.start(viewer);
  }
  document.documentElement.dataset.viewer = 'ready';
}

function start() {
  /** @type {ViewerData} */
  const data = JSON.parse(byId('viewer-data').textContent ?? '');
  const state = parseState(location.search, data.map, data.maps.map((map) => map.id));
  const box = byId('map');
  const note = noteShower(byId('map-note'), data.texts.retry);
  let hintTimer = 0;
  data.view = state.view ?? data.view;
  data.view.zoom = Math.min(data.maxZoom, Math.max(data.minZoom, Math.round(data.view.zoom)));
  const adapter = makeMap(data, box, (hint) => {
    clearTimeout(hintTimer);
    note(hint);
    hintTimer = window.setTimeout(() => note(''), 1800);
  });
  /** @type {Viewer} */
  const viewer = {
    data, state, adapter, box, note,
    announce: announcer(byId('live')),
    changed: addressWriter(data, state),
    drawStack: () => {},
    link: () => location.origin + location.pathname + formatState(state, data.map, ''),
  };
  viewer.drawStack = stackDrawer(viewer);
  watchFailures(viewer);
  watchMoves(viewer);
  let isShown = false;
  const shown = () => {
    if (!isShown) {
      isShown = true;
      box.parentElement?.classList.add('is-live');
      void addTheRest(viewer);
    }
  };
  adapter.on('shown', shown);
  // A line on which tiles do not come must not keep people from the rest.
  window.setTimeout(shown, 4000);
  viewer.drawStack();
  document.documentElement.classList.add('has-viewer');
}

start();
