// The link is the state: what is written is read back, and what is read never breaks the page.

import assert from 'node:assert/strict';
import test from 'node:test';

import { STACK_MAX, decimalsAt, formatState, formatView, parseState, parseView } from '../../www/js/view_state.js';

const known = ['colonias', 'rutas', 'ageb', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'];

test('a view is read strictly', () => {
  assert.deepEqual(parseView('25.5428,-103.4067,14'), { lat: 25.5428, lon: -103.4067, zoom: 14 });
  for (const wrong of [null, '', '25,103', '25,-103,14,1', 'a,b,c', '91,0,3', '0,181,3', '0,0,99', '1e3,0,1', '0,0,-1', ' 1,2,3', 'NaN,0,1']) {
    assert.equal(parseView(wrong), null, String(wrong));
  }
});

test('a view is written with as many digits as a pixel needs', () => {
  assert.equal(formatView({ lat: 25.54281234567, lon: -103.40671234567, zoom: 3 }), '25.54,-103.41,3');
  assert.equal(formatView({ lat: 25.5, lon: -103, zoom: 14 }), '25.5,-103,14');
  for (let zoom = 0; zoom <= 22; zoom++) {
    const pixel = 360 / (256 * 2 ** zoom);
    assert.ok(10 ** -decimalsAt(zoom) <= Math.max(pixel, 1e-7), `zoom ${zoom}`);
  }
});

const states = [
  { stack: [{ id: 'colonias', opacity: 100 }], view: null, selected: null },
  { stack: [{ id: 'colonias', opacity: 100 }], view: { lat: 25.5428, lon: -103.4067, zoom: 14 }, selected: null },
  { stack: [{ id: 'colonias', opacity: 0 }, { id: 'rutas', opacity: 55 }], view: null, selected: null },
  { stack: [{ id: 'rutas', opacity: 80 }, { id: 'colonias', opacity: 100 }], view: { lat: -1, lon: 0, zoom: 2 }, selected: 'colonias:12' },
  { stack: [{ id: 'colonias', opacity: 30 }], view: null, selected: 'colonias:clave con espacio & ñ:2' },
];

for (const [index, state] of states.entries()) {
  test(`state ${index} survives the link`, () => {
    const query = formatState(state, 'colonias', '?lang=en');
    assert.deepEqual(parseState(query, 'colonias', known), state);
    assert.equal(new URLSearchParams(query).get('lang'), 'en');
  });
}

test('the start state needs no query', () => {
  assert.equal(formatState(states[0], 'colonias', ''), '');
});

test('links are readable', () => {
  assert.equal(formatState(states[3], 'colonias', ''), '?capas=rutas,colonias&opacidad=80,100&v=-1,0,2&sel=colonias:12');
});

test('a new state replaces the old one in the query', () => {
  const query = formatState(states[0], 'colonias', '?capas=rutas&opacidad=10&v=1,2,3&sel=a:1&embed=1');
  assert.equal(query, '?embed=1');
});

test('unknown, repeated and malformed maps are left out', () => {
  const { stack } = parseState('?capas=nada,rutas,rutas,../etc,RUTAS&opacidad=10,20,30', 'colonias', known);
  assert.deepEqual(stack, [{ id: 'colonias', opacity: 0 }, { id: 'rutas', opacity: 20 }]);
});

test('what cannot be read as opacity is opaque', () => {
  assert.deepEqual(parseState('?capas=rutas,colonias&opacidad=-5,1000', 'colonias', known).stack.map((entry) => entry.opacity), [100, 100]);
});

test('never more maps than can be stacked', () => {
  const { stack } = parseState(`?capas=${known.join(',')}`, 'colonias', known);
  assert.equal(stack.length, STACK_MAX);
  assert.equal(stack[0].id, 'colonias');
});

test('a selection is layer:id or nothing', () => {
  for (const wrong of ['', 'colonias', ':1', 'A:1', `colonias:${'x'.repeat(201)}`]) {
    assert.equal(parseState(`?sel=${encodeURIComponent(wrong)}`, 'colonias', known).selected, null, wrong);
  }
});
