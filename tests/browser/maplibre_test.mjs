// MapLibre GL JS draws our style from our vector tiles, glyphs and sprite, as a third party's page would: from another
// origin, without a complaint, and the picture is that of our own renderer but for what docs/conformance.md explains.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { CENTER, serveTown } from './fixture.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'node_modules', 'maplibre-gl', 'dist');
const SIZE = 600;
const ZOOM = 13.0;
// Pixels that may be off by more than a quarter of the range: glyphs and edges smoothed in another way, a label or two
// that found another place. What is missing altogether (the hatch alone covers a sixth) is far above it.
const ALLOWED = { 1: 0.03, 2: 0.03 };

const page = `<!doctype html><html lang="es"><title>MapLibre</title>
<link rel="stylesheet" href="/maplibre-gl.css"><style>body{margin:0}#map{width:${SIZE}px;height:${SIZE}px}</style><div id="map"></div>
<script type="module">
import * as maplibregl from '/maplibre-gl.mjs';
const address = new URLSearchParams(location.search);
const map = new maplibregl.Map({ container: 'map', style: address.get('style'), center: [${CENTER.lon}, ${CENTER.lat}], zoom: ${ZOOM},
  attributionControl: false, fadeDuration: 0, interactive: false, canvasContextAttributes: { preserveDrawingBuffer: true } });
window.problems = [];
map.on('error', (event) => window.problems.push(String(event.error?.message ?? event.error)));
map.on('styleimagemissing', (event) => window.problems.push('missing image ' + event.id));
map.once('idle', () => { document.documentElement.dataset.map = 'idle'; });
</script></html>`;

const types = { '.mjs': 'text/javascript', '.css': 'text/css' };

/** The third party: a page and MapLibre, nothing else. */
function servePage() {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const file = join(dist, path.replace(/[^\w.-]/g, ''));
    if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    } else if (path.length > 1 && existsSync(file)) {
      response.writeHead(200, { 'content-type': types[path.slice(path.lastIndexOf('.'))] ?? 'application/octet-stream' }).end(readFileSync(file));
    } else {
      response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
    }
  });
  return new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(server)); });
}

/** How far the two PNG differ, measured by a page: share of pixels off by more than a quarter, and a picture of them. */
async function compare(browser, ours, theirs) {
  const decoder = await browser.newPage();
  try {
    return await decoder.evaluate(async (pictures) => {
      const [a, b] = await Promise.all(pictures.map(async (data) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
      }));
      const shown = new ImageData(a.width, a.height);
      let off = 0;
      let sum = 0;
      for (let i = 0; i < a.data.length; i += 4) {
        const most = Math.max(...[0, 1, 2].map((c) => Math.abs(a.data[i + c] - b.data[i + c])));
        sum += most;
        off += most > 64 ? 1 : 0;
        shown.data.set([255, 255 - most, 255 - most, 255], i);
      }
      const canvas = new OffscreenCanvas(a.width, a.height);
      canvas.getContext('2d').putImageData(shown, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
      return { sizes: [a.width, a.height, b.width, b.height], off: off / (a.width * a.height), mean: sum / (a.width * a.height), shown: [...bytes] };
    }, [ours.toString('base64'), theirs.toString('base64')]);
  } finally {
    await decoder.close();
  }
}

const why = existsSync(join(dist, 'maplibre-gl.mjs')) ? false : 'maplibre-gl is missing: run npm ci in tests/browser';

test('MapLibre GL JS shows the map that we draw', { skip: why }, async (t) => {
  const town = await serveTown(process.env.TESELA_PROGRAM, join(here, '..', '..', 'www'));
  const third = await servePage();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
  });
  try {
    for (const ratio of [1, 2]) {
      const context = await browser.newContext({ viewport: { width: SIZE, height: SIZE }, deviceScaleFactor: ratio });
      const tab = await context.newPage();
      const complaints = [];
      tab.on('pageerror', (problem) => complaints.push(problem.message));
      tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      tab.on('response', (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));
      await tab.goto(`http://127.0.0.1:${third.address().port}/?style=${encodeURIComponent(`${town.address}/styles/dibujo.json`)}`);
      if (!await tab.evaluate(() => !!document.createElement('canvas').getContext('webgl2'))) {
        t.skip('this browser has no WebGL 2');
        return;
      }
      await tab.waitForSelector('html[data-map=idle]', { timeout: 60000 });
      assert.deepEqual(await tab.evaluate(() => window.problems), []);
      assert.deepEqual(complaints, []);
      const theirs = await tab.screenshot();
      // Our zoom counts tiles of 256 pixels.
      const address = `${town.address}/maps/dibujo.png?center=${CENTER.lon},${CENTER.lat}&zoom=${ZOOM + 1}&size=${SIZE}x${SIZE}&scale=${ratio}`;
      const answer = await fetch(address);
      assert.equal(answer.status, 200);
      const ours = Buffer.from(await answer.arrayBuffer());
      const found = await compare(browser, ours, theirs);
      if (process.env.TESELA_BROWSER_PICTURES) {
        const put = (name, bytes) => writeFileSync(join(process.env.TESELA_BROWSER_PICTURES, `maplibre-${ratio}x-${name}.png`), bytes);
        put('ours', ours);
        put('theirs', theirs);
        put('difference', Buffer.from(found.shown));
      }
      t.diagnostic(`ratio ${ratio}: ${(found.off * 100).toFixed(2)} % of the pixels differ by more than a quarter, mean ${found.mean.toFixed(2)} of 255`);
      assert.deepEqual(found.sizes, [SIZE * ratio, SIZE * ratio, SIZE * ratio, SIZE * ratio]);
      assert.ok(found.off <= ALLOWED[ratio], `ratio ${ratio}: ${found.off} of the pixels differ`);
      await context.close();
    }
  } finally {
    await browser.close();
    third.close();
    await town.stop();
  }
});
