// @ts-check
// What is here: asks the server about a point, and shows the answer in a panel over the map. One feature is shown at
// once, several as a list; nothing found is said, with the coordinates.

import { byId, element, fill } from './page_elements.js';

/** @typedef {import('./viewer.js').Viewer} Viewer */
/** @typedef {import('./types').IdentifiedFeature} IdentifiedFeature */
/** @typedef {import('./types').IdentifyAnswer} IdentifyAnswer */

const RADIUS_PX = 12;
const RADIUS_TOUCH_PX = 44;

/** The answers for all visible maps, topmost first, each feature once. @param {IdentifyAnswer[]} answers */
export function mergeAnswers(answers) {
  const seen = new Set();
  /** @type {IdentifiedFeature[]} */
  const features = [];
  for (const answer of answers) {
    for (const feature of answer.features) {
      const name = `${feature.layer}:${feature.id}`;
      if (!seen.has(name)) {
        seen.add(name);
        features.push(feature);
      }
    }
  }
  return { features, truncated: answers.some((answer) => answer.truncated) };
}

/** @param {string} address @param {AbortSignal} signal @returns {Promise<IdentifyAnswer>} */
async function ask(address, signal) {
  const response = await fetch(address, { signal, headers: { accept: 'application/json' } });
  if (!response.ok) {
    throw new Error(`${address}: ${response.status}`);
  }
  return response.json();
}

class IdentifyPanel {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.texts = viewer.data.texts;
    this.panel = byId('panel');
    /** @type {import('./types').RasterHandle | null} */
    this.highlight = null;
    /** Where was asked, to keep it in sight. @type {import('./types').PointEvent | null} */
    this.point = null;
    this.running = new AbortController();
    this.panel.setAttribute('role', 'dialog');
    this.panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        this.close();
      }
    });
    viewer.box.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.panel.hidden) {
        this.close();
      }
    });
  }

  /** @param {string} title @param {...Node} content */
  show(title, ...content) {
    const close = element('button', { type: 'button', class: 'panel-close', 'aria-label': this.texts.close }, '×');
    close.addEventListener('click', () => this.close());
    const heading = element('h2', { id: 'panel-title' }, title);
    this.panel.replaceChildren(element('div', { class: 'panel-head' }, heading, close), ...content);
    this.panel.setAttribute('aria-labelledby', 'panel-title');
    this.panel.hidden = false;
    this.panel.scrollTop = 0;
    this.panel.focus({ preventScroll: true });
    if (this.point) {
      const panel = this.panel.getBoundingClientRect();
      const box = this.viewer.box.getBoundingClientRect();
      const isSheet = panel.width > box.width * 0.7;
      this.viewer.adapter.reveal(this.point, { right: isSheet ? 0 : box.right - panel.left, bottom: isSheet ? box.bottom - panel.top : 0 });
    }
  }

  close() {
    this.running.abort();
    this.panel.hidden = true;
    this.select(null);
    this.viewer.box.focus({ preventScroll: true });
  }

  /** Marks the feature on the map and in the address. @param {IdentifiedFeature | null} feature */
  select(feature) {
    if (this.highlight) {
      this.viewer.adapter.removeLayer(this.highlight);
      this.highlight = null;
    }
    if (feature?.geometry) {
      this.highlight = this.viewer.adapter.addGeoJSON(feature.geometry);
    }
    this.viewer.state.selected = feature ? `${feature.layer}:${feature.id}` : null;
    this.viewer.changed();
  }

  /** @param {IdentifiedFeature} feature @param {(() => void) | null} back */
  showFeature(feature, back) {
    const rows = feature.fields.map((field) =>
      element('div', {}, element('dt', {}, field.title),
        element('dd', {}, field.unit ? `${field.text} ${field.unit}` : field.text)));
    const { geometry } = feature;
    const zoom = element('button', { type: 'button' }, this.texts.zoomTo);
    zoom.addEventListener('click', () => geometry && this.viewer.adapter.fit(geometry));
    const actions = element('p', { class: 'panel-actions' });
    if (back) {
      const button = element('button', { type: 'button' }, `‹ ${this.texts.back}`);
      button.addEventListener('click', back);
      actions.append(button);
    }
    if (geometry) {
      actions.append(zoom);
    }
    const source = feature.source ? [element('p', { class: 'quiet' }, `${this.texts.source}: ${feature.source}`)] : [];
    this.select(feature);
    this.show(feature.title, element('p', { class: 'quiet' }, feature.layer_title), element('dl', {}, ...rows), ...source, actions);
  }

  /** @param {IdentifiedFeature[]} features @param {boolean} truncated */
  showList(features, truncated) {
    this.select(null);
    const list = element('ul', { class: 'panel-list' });
    for (const feature of features) {
      const button = element('button', { type: 'button' }, element('strong', {}, feature.title), element('span', {}, feature.layer_title));
      button.addEventListener('click', () => this.showFeature(feature, () => this.showList(features, truncated)));
      list.append(element('li', {}, button));
    }
    const more = truncated ? [element('p', { class: 'quiet' }, this.texts.hereMore)] : [];
    this.show(fill(this.texts.hereCount, { count: features.length }), list, ...more);
  }

  /** @param {number} lat @param {number} lon */
  showNothing(lat, lon) {
    const format = new Intl.NumberFormat(this.viewer.data.language, { minimumFractionDigits: 5, maximumFractionDigits: 5 });
    this.select(null);
    this.show(this.texts.here, element('p', {}, this.texts.nothing),
      element('p', { class: 'quiet' }, `${this.texts.coordinates}: ${format.format(lat)}, ${format.format(lon)}`));
  }

  /** @param {(signal: AbortSignal) => Promise<IdentifyAnswer[]>} load @param {(answers: IdentifyAnswer[]) => void} done */
  async look(load, done) {
    this.running.abort();
    this.running = new AbortController();
    const { signal } = this.running;
    this.viewer.announce(this.texts.searching);
    try {
      const answers = await load(signal);
      if (!signal.aborted) {
        this.viewer.announce('');
        done(answers);
      }
    } catch (problem) {
      if (!signal.aborted) {
        console.error(problem);
        this.show(this.texts.here, element('p', {}, this.texts.identifyFailed));
      }
    }
  }

  get language() {
    return this.viewer.data.language.startsWith('en') ? 'en' : 'es';
  }

  /** @param {import('./types').PointEvent} point */
  lookAt(point) {
    const { lat, lon, isTouch } = point;
    this.point = point;
    const maps = this.viewer.state.stack.filter((entry) => entry.opacity > 0).reverse();
    const zoom = this.viewer.adapter.getView().zoom;
    const radius = isTouch ? RADIUS_TOUCH_PX : RADIUS_PX;
    const query = `lon=${lon.toFixed(7)}&lat=${lat.toFixed(7)}&zoom=${zoom}&radius=${radius}&lang=${this.language}`;
    return this.look((signal) => Promise.all(maps.map(({ id }) => ask(`/identify/${id}?${query}`, signal))), (answers) => {
      const { features, truncated } = mergeAnswers(answers);
      if (features.length === 0) {
        this.showNothing(lat, lon);
      } else if (features.length === 1) {
        this.showFeature(features[0], null);
      } else {
        this.showList(features, truncated);
      }
    });
  }

  /** @param {string} name "layer:id" */
  restore(name) {
    this.point = null;
    const zoom = this.viewer.adapter.getView().zoom;
    const address = `/identify/${this.viewer.data.map}?feature=${encodeURIComponent(name)}&zoom=${zoom}&lang=${this.language}`;
    return this.look(async (signal) => [await ask(address, signal)], ([answer]) => {
      if (answer.features[0]) {
        this.showFeature(answer.features[0], null);
        if (!this.viewer.state.view && answer.features[0].geometry) {
          this.viewer.adapter.fit(answer.features[0].geometry);
        }
      }
    });
  }
}

/** @param {Viewer} viewer */
export function start(viewer) {
  const panel = new IdentifyPanel(viewer);
  viewer.adapter.on('point', (point) => void panel.lookAt(point));
  if (viewer.state.selected) {
    void panel.restore(viewer.state.selected);
  }
}
