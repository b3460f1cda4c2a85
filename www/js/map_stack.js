// @ts-check
// The list of stacked maps: which are shown, how opaque, in which order; more can be added. Topmost first, as on the map.

import { byId, element, fill } from './page_elements.js';
import { STACK_MAX } from './view_state.js';

/** @typedef {import('./viewer.js').Viewer} Viewer */
/** @typedef {import('./types').StackEntry} StackEntry */

/** Opaque maps are added half transparent, or they would hide all below. */
const OPACITY_OF_OPAQUE = 60;

class MapStack {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.texts = viewer.data.texts;
    this.list = byId('stack-list');
    this.select = /** @type {HTMLSelectElement} */ (byId('stack-add'));
    this.button = /** @type {HTMLButtonElement} */ (byId('stack-add-button'));
    /** Opacity to come back to when a hidden map is shown again. @type {Map<string, number>} */
    this.remembered = new Map();
    this.button.addEventListener('click', () => this.add(this.select.value));
  }

  /** @param {string} id */
  title(id) {
    return this.viewer.data.maps.find((map) => map.id === id)?.title ?? id;
  }

  changed() {
    this.viewer.drawStack();
    this.viewer.changed();
  }

  /** @param {StackEntry} entry @param {HTMLInputElement} slider */
  toggle(entry, slider) {
    const isShown = entry.opacity > 0;
    if (isShown) {
      this.remembered.set(entry.id, entry.opacity);
    }
    entry.opacity = isShown ? 0 : this.remembered.get(entry.id) ?? 100;
    slider.disabled = isShown;
    this.viewer.announce(fill(isShown ? this.texts.hidden : this.texts.shown, { title: this.title(entry.id) }));
    this.changed();
  }

  /** @param {StackEntry} entry */
  slider(entry) {
    const output = element('output', { 'aria-hidden': 'true' }, `${entry.opacity || 100} %`);
    const slider = element('input', {
      type: 'range', min: '10', max: '100', step: '5', value: String(entry.opacity || 100),
      'aria-label': fill(this.texts.opacity, { title: this.title(entry.id) }),
    });
    slider.disabled = entry.opacity === 0;
    slider.addEventListener('input', () => {
      entry.opacity = Number(slider.value);
      slider.setAttribute('aria-valuetext', `${slider.value} %`);
      output.textContent = `${slider.value} %`;
      this.changed();
    });
    return { slider, output };
  }

  /** @param {StackEntry} entry @param {number} index */
  row(entry, index) {
    const title = this.title(entry.id);
    const { slider, output } = this.slider(entry);
    const box = element('input', { type: 'checkbox' });
    box.checked = entry.opacity > 0;
    box.addEventListener('change', () => this.toggle(entry, slider));
    const row = element('li', {}, element('label', {}, box, ' ', title), element('div', { class: 'opacity' }, slider, output));
    const actions = element('div', { class: 'row-actions' });
    if (index < this.viewer.state.stack.length - 1) {
      const raise = element('button', { type: 'button', 'aria-label': fill(this.texts.raise, { title }) }, '↑');
      raise.addEventListener('click', () => this.raise(index));
      actions.append(raise);
    }
    if (entry.id !== this.viewer.data.map) {
      const remove = element('button', { type: 'button', 'aria-label': fill(this.texts.remove, { title }) }, '×');
      remove.addEventListener('click', () => this.remove(index));
      actions.append(remove);
    }
    if (actions.children.length > 0) {
      row.append(actions);
    }
    return row;
  }

  /** @param {number} index */
  raise(index) {
    const { stack } = this.viewer.state;
    [stack[index], stack[index + 1]] = [stack[index + 1], stack[index]];
    this.draw();
    this.changed();
    /** @type {NodeListOf<HTMLElement>} */
    const boxes = this.list.querySelectorAll('input[type=checkbox]');
    boxes[stack.length - 2 - index]?.focus();
  }

  /** @param {number} index */
  remove(index) {
    const [gone] = this.viewer.state.stack.splice(index, 1);
    document.getElementById(`legend-of-${gone.id}`)?.remove();
    this.draw();
    this.changed();
    this.viewer.announce(fill(this.texts.removed, { title: this.title(gone.id) }));
    (this.select.options.length > 0 ? this.select : this.list.querySelector('input'))?.focus();
  }

  /** @param {string} id */
  add(id) {
    const map = this.viewer.data.maps.find((candidate) => candidate.id === id);
    if (!map || this.viewer.state.stack.length >= STACK_MAX) {
      return;
    }
    this.viewer.state.stack.push({ id, opacity: map.opaque ? OPACITY_OF_OPAQUE : 100 });
    this.draw();
    this.changed();
    this.viewer.announce(fill(this.texts.added, { title: map.title }));
    void this.addLegend(id);
  }

  /** The legend of an added map, below the page's own. @param {string} id */
  async addLegend(id) {
    const language = this.viewer.data.language.startsWith('en') ? 'en' : 'es';
    const response = await fetch(`/legend/${id}?f=html&lang=${language}`);
    if (!response.ok || document.getElementById(`legend-of-${id}`) || !this.viewer.state.stack.some((entry) => entry.id === id)) {
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const section = element('section', { id: `legend-of-${id}`, class: 'legend-more' }, element('h3', {}, this.title(id)));
    for (const heading of page.querySelectorAll('h3')) {
      heading.replaceWith(element('h4', {}, heading.textContent ?? ''));
    }
    section.append(...page.body.children);
    byId('legends').append(section);
  }

  draw() {
    const { stack } = this.viewer.state;
    this.list.replaceChildren(...stack.map((entry, index) => this.row(entry, index)).reverse());
    const others = this.viewer.data.maps.filter((map) => !stack.some((entry) => entry.id === map.id));
    this.select.replaceChildren(...others.map((map) => element('option', { value: map.id }, map.title)));
    const isFull = stack.length >= STACK_MAX;
    this.select.disabled = isFull;
    this.button.disabled = isFull;
    if (this.select.parentElement) {
      this.select.parentElement.hidden = others.length === 0;
    }
  }
}

/** @param {Viewer} viewer */
export function start(viewer) {
  const stack = new MapStack(viewer);
  stack.draw();
  byId('stack').hidden = false;
  for (const { id } of viewer.state.stack) {
    if (id !== viewer.data.map) {
      void stack.addLegend(id);
    }
  }
}
