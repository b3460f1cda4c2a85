// What the panel and the tools compute, without a page.

import assert from 'node:assert/strict';
import test from 'node:test';

import { mergeAnswers } from '../../www/js/identify_panel.js';
import { isInside, pictureAddress } from '../../www/js/map_tools.js';
import { fill } from '../../www/js/page_elements.js';

const feature = (layer, id) => ({ layer, id, layer_title: layer, title: id, source: null, fields: [], geometry: null });

test('a feature that two maps show is listed once, topmost first', () => {
  const merged = mergeAnswers([
    { map: 'b', map_title: 'B', features: [feature('rutas', '1'), feature('colonias', '7')] },
    { map: 'a', map_title: 'A', truncated: true, features: [feature('colonias', '7'), feature('colonias', '8')] },
  ]);
  assert.deepEqual(merged.features.map((found) => `${found.layer}:${found.id}`), ['rutas:1', 'colonias:7', 'colonias:8']);
  assert.equal(merged.truncated, true);
});

test('texts are filled by name', () => {
  assert.equal(fill('{count} de {all}; {other}', { count: 3, all: 'x' }), '3 de x; {other}');
  assert.equal(fill('Mostrar {title}', { title: '$& {title}' }), 'Mostrar $& {title}');
});

test('a location counts as inside up to half a map beside it', () => {
  const bounds = [-103.6, 25.4, -103.2, 25.6];
  assert.ok(isInside(bounds, { lat: 25.5, lon: -103.4 }));
  assert.ok(isInside(bounds, { lat: 25.69, lon: -103.75 }));
  assert.ok(!isInside(bounds, { lat: 19.4, lon: -99.1 }));
  assert.ok(isInside(null, { lat: 19.4, lon: -99.1 }));
});

test('paper gets one picture of what is seen', () => {
  assert.equal(pictureAddress('colonias', { lat: 25.5428, lon: -103.4067, zoom: 14 }, 'ab'),
    '/maps/colonias.png?center=-103.406700,25.542800&zoom=14&size=800x500&v=ab');
});
