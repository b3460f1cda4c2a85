// Copies from node_modules what browsers are given: the server does not look into node_modules, where there is much that
// nobody should be served. Runs after every `npm ci`; www/vendor is not committed.

import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const www = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(www, 'vendor', 'leaflet');

mkdirSync(target, { recursive: true });
for (const file of ['dist/leaflet.js', 'dist/leaflet.css', 'LICENSE']) {
  copyFileSync(join(www, 'node_modules', 'leaflet', file), join(target, file === 'LICENSE' ? 'LICENSE.txt' : file.replace('dist/', '')));
}
