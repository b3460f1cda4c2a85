// Copies from node_modules what browsers are given: the server does not look into node_modules, where there is much that
// nobody should be served. And the Maki icons for the styles, as drawings that take a colour (NAME.sdf.svg). Runs after
// every `npm ci`; what it writes is not committed.

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const www = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(www, 'vendor', 'leaflet');

mkdirSync(target, { recursive: true });
for (const file of ['dist/leaflet.js', 'dist/leaflet.css', 'LICENSE']) {
  copyFileSync(join(www, 'node_modules', 'leaflet', file), join(target, file === 'LICENSE' ? 'LICENSE.txt' : file.replace('dist/', '')));
}

const maki = join(www, 'node_modules', '@mapbox', 'maki');
const icons = join(www, '..', 'styles', 'icons', 'maki');
mkdirSync(icons, { recursive: true });
for (const file of readdirSync(join(maki, 'icons'))) {
  if (file.endsWith('.svg')) {
    copyFileSync(join(maki, 'icons', file), join(icons, file.replace(/\.svg$/, '.sdf.svg')));
  }
}
copyFileSync(join(maki, 'LICENSE.txt'), join(icons, 'LICENSE.txt'));
