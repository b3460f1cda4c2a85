// What a citizen sees, over the real program: each test is something a person does or needs.
//
// TESELA_PROGRAM names the program (default build/tesela). TESELA_BROWSER_PICTURES=folder keeps screenshots.

import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const program = process.env.TESELA_PROGRAM ?? join(root, 'build', 'tesela');
const www = join(root, 'www');
const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  .find((path) => path && existsSync(path));

const missing = [
  [chromium, 'no chromium was found (Debian package chromium, or CHROMIUM=path)'],
  [existsSync(join(here, 'node_modules', 'playwright-core')) && existsSync(join(here, 'node_modules', 'axe-core')),
    'playwright-core or axe-core is missing: run npm ci in tests/browser'],
  [existsSync(join(www, 'vendor', 'leaflet', 'leaflet.js')), 'Leaflet is missing: run npm ci in www'],
  [existsSync(program), `the program is not built: ${program}`],
].filter(([there]) => !there).map(([, why]) => why);

if (missing.length > 0) {
  console.log(`skipped: ${missing.join('; ')}`);
  process.exit(77);
}
if (process.env.TESELA_BROWSER_PICTURES) {
  mkdirSync(process.env.TESELA_BROWSER_PICTURES, { recursive: true });
}
process.env.TESELA_PROGRAM = program;
process.env.CHROMIUM = chromium;
await import('./viewer_test.mjs');
await import('./maplibre_test.mjs');
