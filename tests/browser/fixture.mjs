// A town of our own, small enough to know by heart: six by six neighbourhoods, a school in some of them, a road through.
// Loaded and served by the real program in a folder that is removed afterwards.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CENTER = { lat: 25.5428, lon: -103.4067 };
const STEP = 0.01;
const SIDE = 6;

/** West and south of the neighbourhood in column and row. */
const corner = (column, row) => [CENTER.lon + (column - SIDE / 2) * STEP, CENTER.lat + (row - SIDE / 2) * STEP];

function neighbourhoods() {
  const features = [];
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [west, south] = corner(column, row);
      const number = row * SIDE + column + 1;
      const ring = [[west, south], [west + STEP, south], [west + STEP, south + STEP], [west, south + STEP], [west, south]];
      features.push({
        type: 'Feature',
        properties: {
          clave: number, nombre: `Colonia Número ${number}`, pobtot: number * 1000 + 234, fundada: '2015-03-18',
          densidad: number === 1 ? null : 12.345 * number, interno: 'x',
        },
        geometry: { type: 'Polygon', coordinates: [ring] },
      });
    }
  }
  return features;
}

function schools() {
  const features = [];
  for (let number = 0; number < SIDE; number++) {
    const [west, south] = corner(number, number);
    features.push({
      type: 'Feature',
      properties: { clave: number + 1, nombre: `Escuela <b>${number + 1}</b> & "Núñez"`, nivel: number % 2 ? 'primaria' : 'secundaria' },
      geometry: { type: 'Point', coordinates: [west + STEP * 0.5, south + STEP * 0.25] },
    });
  }
  return features;
}

const road = [{
  type: 'Feature',
  properties: { clave: 1, nombre: 'Bulevar de Prueba' },
  geometry: { type: 'LineString', coordinates: [corner(0, 3), corner(6, 3)] },
}];

const layers = {
  colonias: {
    features: neighbourhoods(),
    descriptor: {
      title: { es: 'Colonias', en: 'Neighbourhoods' }, key: 'clave', label: 'nombre',
      fields: {
        clave: { title: { es: 'Clave' } }, nombre: { title: { es: 'Nombre' } },
        pobtot: { title: { es: 'Población total', en: 'Total population' }, unit: 'habitantes' },
        fundada: { title: { es: 'Fecha de fundación' } }, densidad: { title: { es: 'Densidad' }, unit: 'hab/ha' },
        interno: { hidden: true },
      },
      source: { name: 'Datos de prueba', date: '2020-03-15' },
    },
  },
  escuelas: {
    features: schools(),
    descriptor: { title: { es: 'Escuelas' }, key: 'clave', label: 'nombre', fields: { nivel: { title: { es: 'Nivel' } } } },
  },
  calles: {
    features: road,
    descriptor: { title: { es: 'Calles' }, key: 'clave', label: 'nombre' },
  },
};

const source = (id) => ({ [id]: { type: 'vector', url: `tesela://${id}` } });
const layer = (id, type, paint, more = {}) => ({ id, type, source: id, 'source-layer': id, paint, ...more });

const meta = (title, more = {}) => ({
  'tesela:map': {
    title: { es: title }, description: { es: `${title} de un pueblo de prueba.` }, theme: 'inventario', source: 'Fuente: datos de prueba',
    date: '2020-03-15', state: 'publicar', center: [CENTER.lon + STEP / 4, CENTER.lat + STEP / 4], ...more,
  },
});

const styles = {
  colonias: {
    version: 8, metadata: meta('Colonias por población'), zoom: 12, sources: { ...source('colonias'), ...source('calles') },
    layers: [
      { id: 'fondo', type: 'background', paint: { 'background-color': '#f4f1e8' } },
      layer('colonias', 'fill', {
        'fill-color': ['step', ['get', 'pobtot'], '#e8f0d8', 10000, '#a8c890', 25000, '#5c8f4e'], 'fill-outline-color': '#334433',
      }),
      layer('calles', 'line', { 'line-color': '#aa3311', 'line-width': 4 }),
    ],
  },
  escuelas: {
    version: 8, metadata: meta('Escuelas', { popup: { escuelas: { title: 'nombre', fields: ['nivel', 'clave'] } } }), zoom: 12, sources: { ...source('escuelas'), ...source('colonias') },
    layers: [
      layer('colonias', 'line', { 'line-color': '#888888', 'line-width': 1 }),
      layer('escuelas', 'circle', {
        'circle-radius': 6, 'circle-color': ['match', ['get', 'nivel'], 'primaria', '#2255cc', 'secundaria', '#cc5522', '#888888'],
      }),
    ],
  },
};

// Everything that clients with a renderer of their own must find: a pattern, an icon that takes a colour, text, casing.
styles.dibujo = {
  version: 8, metadata: meta('Dibujo', { state: 'revisar' }), zoom: 13, sources: { ...source('colonias'), ...source('calles'), ...source('escuelas') },
  layers: [
    { id: 'fondo', type: 'background', paint: { 'background-color': '#f4f1e8' } },
    layer('colonias', 'fill', { 'fill-color': ['step', ['get', 'pobtot'], '#e8f0d8', 10000, '#a8c890', 25000, '#5c8f4e'] }),
    layer('colonias', 'fill', { 'fill-pattern': 'trama' }, { id: 'trama', filter: ['==', ['%', ['get', 'clave'], 3], 0] }),
    layer('colonias', 'line', { 'line-color': '#556655', 'line-width': 1 }, { id: 'limites' }),
    layer('calles', 'line', { 'line-color': '#664422', 'line-width': 9 }, { id: 'borde' }),
    layer('calles', 'line', { 'line-color': '#ffe9a0', 'line-width': 6 }),
    layer('colonias', 'symbol', { 'text-color': '#223322', 'text-halo-color': '#ffffff', 'text-halo-width': 1.5 }, {
      id: 'nombres', layout: { 'text-field': ['get', 'nombre'], 'text-font': ['Open Sans Semibold'], 'text-size': 13, 'text-max-width': 6, 'text-padding': 4 },
    }),
    layer('escuelas', 'symbol', { 'icon-color': ['match', ['get', 'nivel'], 'primaria', '#2255cc', '#cc5522'], 'icon-halo-color': '#ffffff', 'icon-halo-width': 1.5 }, {
      layout: { 'icon-image': 'signos:escuela', 'icon-allow-overlap': true, 'icon-ignore-placement': true },
    }),
  ],
};

const icons = {
  'trama.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M-2 10 10-2M-2 2 2-2M6 10 10 6" stroke="#331144" fill="none"/></svg>',
  'signos/escuela.sdf.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="18" height="18"><path d="M9 1 17 7V17H11V11H7V17H1V7Z"/></svg>',
};

/** Everything a browser needs in `folder`: data, styles. */
function write(folder) {
  mkdirSync(join(folder, 'layers'));
  mkdirSync(join(folder, 'styles'));
  for (const [id, { features, descriptor }] of Object.entries(layers)) {
    writeFileSync(join(folder, 'layers', `${id}.geojson`), JSON.stringify({ type: 'FeatureCollection', features }));
    writeFileSync(join(folder, 'layers', `${id}.json`), JSON.stringify({ id, file: `${id}.geojson`, ...descriptor }));
  }
  for (const [id, style] of Object.entries(styles)) {
    writeFileSync(join(folder, 'styles', `${id}.json`), JSON.stringify(style));
  }
  mkdirSync(join(folder, 'styles', 'icons', 'signos'), { recursive: true });
  for (const [name, drawing] of Object.entries(icons)) {
    writeFileSync(join(folder, 'styles', 'icons', name), drawing);
  }
}

/** Loads and serves the town. @param {string} program @param {string} www */
export async function serveTown(program, www) {
  const folder = mkdtempSync(join(tmpdir(), 'tesela-browser-'));
  write(folder);
  const data = join(folder, 'data');
  const loaded = spawnSync(program, ['load', '--data', data, '--all', join(folder, 'layers')], { encoding: 'utf8' });
  if (loaded.status !== 0 && loaded.status !== 1) {
    rmSync(folder, { recursive: true });
    throw new Error(`tesela load: ${loaded.status}\n${loaded.stderr}${loaded.stdout}`);
  }
  const server = spawn(program, ['serve', '--listen', '127.0.0.1:0', '--data', data, '--styles', join(folder, 'styles'), '--www', www],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  const killServer = () => server.kill('SIGKILL');
  process.once('exit', killServer); // whatever happens, nothing is left running
  let log = '';
  server.stderr.on('data', (text) => { log += text; });
  const address = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server gave no address in 60 s\n${log}`)), 60000);
    let said = '';
    server.stdout.on('data', (text) => {
      said += text;
      const found = said.match(/http:\/\/[\d.:[\]a-z]+/);
      if (found) {
        clearTimeout(timer);
        resolve(found[0]);
      }
    });
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}\n${log}`)));
  });
  return {
    address,
    log: () => log,
    async stop() {
      server.removeAllListeners('exit');
      const ended = new Promise((resolve) => { server.once('exit', resolve); });
      server.kill('SIGTERM');
      const result = await ended;
      rmSync(folder, { recursive: true, force: true });
      return result;
    },
  };
}
