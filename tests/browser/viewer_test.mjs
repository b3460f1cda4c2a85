// See suite.mjs, which checks that everything is there and then comes here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { chromium } from 'playwright-core';

import { CENTER, serveTown } from './fixture.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const MAP = '/mapas/colonias';
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** Whatever a page complained of: mistakes in scripts, refusals of the content security policy, addresses that failed. */
const complaints = [];

// Not in before(): the node of Debian 12 runs it only inside suites.
const town = await serveTown(process.env.TESELA_PROGRAM, join(here, '..', '..', 'www'));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** A page at `path`; `check` gets it. Options are those of a browser context, and `expectsTrouble`. */
async function visit(path, options, check) {
  const { expectsTrouble, ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'es-MX', baseURL: town.address, ...contextOptions });
  const page = await context.newPage();
  if (!expectsTrouble) {
    page.on('pageerror', (problem) => complaints.push(`${path}: ${problem.message}`));
    page.on('console', (message) => message.type() === 'error' && complaints.push(`${path}: ${message.text()}`));
    page.on('requestfailed', (request) => options.javaScriptEnabled !== false && !/ERR_ABORTED/.test(request.failure()?.errorText ?? '') && complaints.push(`${path}: ${request.url()} failed`));
  }
  try {
    await page.goto(path);
    return await check(page);
  } finally {
    await context.close();
  }
}

/** Waits until the viewer has taken over and the tiles in sight are there. */
async function ready(page) {
  await page.waitForSelector('html[data-viewer=ready]');
  await settled(page);
}

async function settled(page) {
  await page.waitForFunction(() => {
    const tiles = [...document.querySelectorAll('.leaflet-tile')];
    return tiles.length > 0 && tiles.every((tile) => tile.classList.contains('leaflet-tile-loaded'));
  });
  await page.waitForTimeout(450); // Leaflet fades tiles in
}

async function keepPicture(page, name) {
  if (process.env.TESELA_BROWSER_PICTURES) {
    await page.screenshot({ path: join(process.env.TESELA_BROWSER_PICTURES, `${name}.png`) });
  }
}

/** The pixels of a screenshot of `clip`, decoded by a page of its own. Rows of [r, g, b, a]. */
async function pixels(page, clip) {
  const png = (await page.screenshot({ clip })).toString('base64');
  const decoder = await browser.newPage();
  try {
    return await decoder.evaluate(async (data) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      return { width: image.width, height: image.height, data: [...context.getImageData(0, 0, image.width, image.height).data] };
    }, png);
  } finally {
    await decoder.close();
  }
}

const at = (picture, x, y) => picture.data.slice((y * picture.width + x) * 4, (y * picture.width + x) * 4 + 3);

/** The middle of the map's box in the page. */
async function middle(page) {
  const box = await page.locator('.map-frame').boundingBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, box };
}

/** Degrees to pixels from the middle of the map, at its first zoom (13 of 256 px tiles). */
function offset(lon, lat, zoom = 13) {
  const center = { lon: CENTER.lon + 0.0025, lat: CENTER.lat + 0.0025 };
  const scale = (256 * 2 ** zoom) / 360;
  const y = (degrees) => (Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) * 180) / Math.PI;
  return { x: (lon - center.lon) * scale, y: -(y(lat) - y(center.lat)) * scale };
}

async function clickAt(page, lon, lat) {
  await page.locator('.map-frame').scrollIntoViewIfNeeded();
  const { x, y } = await middle(page);
  const by = offset(lon, lat);
  await page.mouse.click(x + by.x, y + by.y);
}

const panelText = (page) => page.locator('#panel').innerText();

async function assertNoSidewaysScroll(page, what) {
  const { content, window } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(content <= window, `${what}: ${content} px wide in a window of ${window} px`);
}

async function assertAccessible(page, what) {
  await page.evaluate(axe); // scripts of the test are not under the page's policy
  const result = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
  const found = result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
  assert.deepEqual(found, [], what);
}

test('without JavaScript there is a picture, a legend, data and links that move the map', async () => {
  await visit(MAP, { javaScriptEnabled: false }, async (page) => {
    assert.equal(await page.locator('h1').innerText(), 'Colonias por población');
    assert.equal(await page.locator('html').getAttribute('lang'), 'es-MX');
    const text = await page.locator('main').innerText();
    for (const expected of ['de un pueblo de prueba', 'Fuente: datos de prueba', 'no produce efectos jurídicos', '15 de marzo de 2020',
      'Menos de 10,000 habitantes', '10,000 – 25,000 habitantes', '25,000 habitantes o más', 'Calles', 'Ver tabla', 'Cómo citar']) {
      assert.ok(text.includes(expected), `the page lacks "${expected}"`);
    }
    assert.ok(!text.includes('Compartir\nMi ubicación'), 'buttons that need a script are shown');
    const picture = page.locator('#map-picture');
    const source = await picture.getAttribute('src');
    const response = await page.request.get(source);
    assert.equal(response.status(), 200);
    assert.ok((await response.body()).length <= 45 * 1024, `the picture is ${(await response.body()).length} bytes`);
    await page.getByRole('link', { name: 'Al este' }).click();
    assert.notEqual(await picture.getAttribute('src'), source);
    assert.match(page.url(), /v=25\.545300,-103\.3/);
    await page.getByRole('link', { name: 'Acercar' }).click();
    assert.match(await picture.getAttribute('src'), /zoom=14/);
    for (const link of await page.locator('.links a, .use a').evaluateAll((links) => links.map((each) => each.getAttribute('href')))) {
      assert.equal((await page.request.get(link)).status(), 200, link);
    }
  });
});

test('the catalogue lists the maps by theme', async () => {
  for (const path of ['/', '/mapas']) {
    await visit(path, {}, async (page) => {
      assert.deepEqual(await page.locator('.card h3').allInnerTexts(), ['Colonias por población', 'Escuelas']);
      assert.equal(await page.locator('.theme h2').first().innerText(), 'Inventario urbano');
      await keepPicture(page, path === '/' ? 'home' : 'maps');
      await page.getByRole('link', { name: 'Escuelas' }).click();
      assert.equal(await page.locator('h1').innerText(), 'Escuelas');
    });
  }
});

test('pages speak the language of the reader', async () => {
  await visit('/', { locale: 'en-US' }, async (page) => {
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    assert.equal(await page.locator('h1').innerText(), 'City maps');
    await page.getByRole('link', { name: 'Español' }).click();
    assert.equal(await page.locator('html').getAttribute('lang'), 'es-MX');
  });
});

test('the picture becomes a live map of the same place, and nothing moves', async () => {
  const still = await visit(MAP, { javaScriptEnabled: false }, async (page) => {
    const { box } = await middle(page);
    await page.waitForFunction(() => document.querySelector('#map-picture').complete).catch(() => {});
    return { box, picture: await pixels(page, box) };
  });
  await visit(MAP, {}, async (page) => {
    await ready(page);
    const { box } = await middle(page);
    assert.deepEqual(box, still.box);
    await keepPicture(page, 'map');
    const live = await pixels(page, box);
    // Away from the controls and the attribution, and between the dark lines, both show the same colours.
    let equal = 0;
    let all = 0;
    for (let y = 120; y < live.height - 60; y += 7) {
      for (let x = 20; x < live.width - 80; x += 7) {
        const difference = at(live, x, y).map((value, i) => Math.abs(value - at(still.picture, x, y)[i]));
        equal += Math.max(...difference) <= 8 ? 1 : 0;
        all += 1;
      }
    }
    assert.ok(equal / all > 0.97, `${equal} of ${all} samples are equal`);
    // The fill of the neighbourhood in the middle, as the style says: 22,234 inhabitants.
    const center = at(live, Math.round(live.width / 2) + 6, Math.round(live.height / 2) - 6);
    assert.ok(center.every((value, i) => Math.abs(value - [0xa8, 0xc8, 0x90][i]) <= 6), `the middle is ${center}`);
    const shift = await page.evaluate(() => new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(sum), 200);
    }));
    assert.ok(shift <= 0.02, `layout shift ${shift}`);
  });
});

test('a click tells what is here', async () => {
  await visit(MAP, {}, async (page) => {
    await ready(page);
    await clickAt(page, CENTER.lon + 0.0025, CENTER.lat + 0.0055);
    await page.waitForSelector('#panel h2');
    const text = await panelText(page);
    for (const expected of ['Colonia Número 22', 'Población total', '22,234 habitantes', 'Fecha de fundación', '271.59 hab/ha', 'Fuente: Datos de prueba']) {
      assert.ok(text.includes(expected), `the panel lacks "${expected}": ${text}`);
    }
    assert.ok(!text.includes('interno'), 'a hidden field is shown');
    await page.waitForFunction(() => location.search.includes('sel=colonias:22'));
    assert.equal(await page.locator('.selected-shape').count(), 1);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'panel');
    await keepPicture(page, 'panel');
    await page.keyboard.press('Escape');
    assert.ok(await page.locator('#panel').isHidden());
    assert.equal(await page.locator('.selected-shape').count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'map');
    await page.waitForFunction(() => !location.search.includes('sel='));
  });
});

test('several features are a list, topmost first', async () => {
  await visit(MAP, {}, async (page) => {
    await ready(page);
    await clickAt(page, CENTER.lon + 0.005, CENTER.lat + 0.0002);
    await page.waitForSelector('.panel-list');
    const names = await page.locator('.panel-list strong').allInnerTexts();
    assert.deepEqual(names, ['Bulevar de Prueba', 'Colonia Número 22']);
    await page.getByRole('button', { name: 'Colonia Número 22' }).click();
    assert.match(await panelText(page), /22,234 habitantes/);
    await page.getByRole('button', { name: 'Volver a la lista' }).click();
    assert.equal(await page.locator('.panel-list button').count(), 2);
  });
});

test('where there is nothing, that is said, with the coordinates', async () => {
  await visit(MAP, {}, async (page) => {
    await ready(page);
    await clickAt(page, CENTER.lon - 0.05, CENTER.lat + 0.02);
    await page.waitForSelector('#panel h2');
    const text = await panelText(page);
    assert.match(text, /No hay elementos/);
    assert.match(text, /Coordenadas: 25\.56\d\d\d, -103\.45\d\d\d/);
  });
});

test('text of the data is never read as markup', async () => {
  await visit('/mapas/escuelas', {}, async (page) => {
    await ready(page);
    await clickAt(page, CENTER.lon + 0.005, CENTER.lat + 0.0025);
    await page.waitForSelector('#panel h2');
    assert.equal(await page.locator('#panel h2').innerText(), 'Escuela <b>4</b> & "Núñez"');
    assert.match(await panelText(page), /primaria/);
    assert.ok(!(await panelText(page)).includes('Colonia'), 'ground of the map answered');
  });
});

test('everything works with the keyboard alone', async () => {
  await visit(MAP, {}, async (page) => {
    await ready(page);
    for (let i = 0; i < 30 && (await page.evaluate(() => document.activeElement.id)) !== 'map'; i++) {
      await page.keyboard.press('Tab');
    }
    assert.equal(await page.evaluate(() => document.activeElement.id), 'map', 'Tab does not reach the map');
    assert.ok(await page.locator('.crosshair').isVisible());
    await page.keyboard.press('Enter');
    await page.waitForSelector('#panel h2');
    assert.equal(await page.locator('#panel h2').innerText(), 'Colonia Número 22');
    await page.keyboard.press('Escape');
    await page.keyboard.press('+');
    await page.waitForFunction(() => location.search.includes(',14'));
    await page.keyboard.press('-');
    await page.waitForFunction(() => location.search.includes(',13'));
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => /v=25\.54\d*,-103\.41/.test(location.search), undefined, { timeout: 5000 });
    await settled(page);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#panel h2');
    assert.equal(await page.locator('#panel h2').innerText(), 'Colonia Número 20');
    assert.match(await page.locator('#live').innerText(), /^$|Consultando|Centro 25\.54\d*, -103\.4\d+; nivel de acercamiento 13/);
    const names = await page.locator('.leaflet-control-zoom a').evaluateAll((links) => links.map((each) => each.title));
    assert.deepEqual(names, ['Acercar', 'Alejar']);
  });
});

test('maps are stacked, dimmed, hidden; and the link restores all of it', async () => {
  await visit(MAP, {}, async (page) => {
    await ready(page);
    const own = page.getByRole('checkbox', { name: 'Colonias por población' });
    await own.uncheck();
    await page.waitForFunction(() => document.querySelectorAll('.leaflet-tile').length === 0);
    assert.match(await page.locator('#map-note').innerText(), /Ningún mapa está activo/);
    await own.check();
    await settled(page);
    assert.ok(await page.locator('#map-note').isHidden());
    await page.getByLabel('Agregar otro mapa').selectOption({ label: 'Escuelas' });
    await page.getByRole('button', { name: 'Agregar' }).click();
    await settled(page);
    await page.waitForSelector('#legend-of-escuelas .legend-list');
    assert.equal(await page.locator('.leaflet-layer').count(), 2);
    const slider = page.getByLabel('Opacidad de Colonias por población');
    await slider.focus();
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('ArrowLeft');
    }
    await page.waitForFunction(() => location.search.includes('opacidad=60,100'));
    assert.match(page.url(), /capas=colonias,escuelas/);
    await clickAt(page, CENTER.lon + 0.005, CENTER.lat + 0.0025);
    await page.waitForSelector('.panel-list');
    assert.match(await page.locator('.panel-list').innerText(), /^Escuela/);
    await page.getByRole('button', { name: 'Subir Colonias por población' }).click();
    await page.waitForFunction(() => location.search.includes('capas=escuelas,colonias'));
    await page.goto(page.url());
    await ready(page);
    assert.deepEqual(await page.locator('#stack-list label').allInnerTexts(), [' Colonias por población', ' Escuelas'].map((text) => text.trim()));
    const opacities = await page.locator('.leaflet-layer').evaluateAll((layers) => layers.map((layer) => [layer.style.zIndex, layer.style.opacity]));
    assert.deepEqual(opacities.sort(), [['1', '1'], ['2', '0.6']]);
    await page.getByRole('button', { name: 'Quitar Escuelas' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.leaflet-layer').length === 1);
  });
});

test('a link restores the view and the selection', async () => {
  await visit(`${MAP}?v=25.5528,-103.4167,15&sel=colonias:28`, {}, async (page) => {
    assert.match(await page.locator('#map-picture').getAttribute('src'), /center=-103\.4167\d*,25\.5528\d*&zoom=15/);
    await ready(page);
    await page.waitForSelector('#panel h2');
    assert.equal(await page.locator('#panel h2').innerText(), 'Colonia Número 28');
    assert.match(page.url(), /v=25\.5528,-103\.4167,15&sel=colonias:28/);
    assert.equal(await page.locator('.selected-shape').count(), 1);
  });
});

test('a broken link still shows the map', async () => {
  await visit(`${MAP}?v=x&capas=nada,..&opacidad=-&sel=%3Cb%3E`, {}, async (page) => {
    await ready(page);
    assert.equal(await page.locator('.leaflet-layer').count(), 1);
    assert.ok(await page.locator('#map-note').isHidden());
  });
});

test('a link that comes back from a social network still works', async () => {
  await visit(`${MAP}?fbclid=abc&utm_source=x&v=25.55,-103.41,14`, {}, async (page) => {
    await ready(page);
    assert.equal(await page.locator('h1').innerText(), 'Colonias por población');
  });
});

test('the panel does not cover what it tells of', async () => {
  await visit(MAP, PHONE, async (page) => {
    await ready(page);
    const { x, box } = await middle(page);
    await page.touchscreen.tap(x + 5, box.y + box.height - 60);
    await page.waitForSelector('#panel h2');
    await page.waitForTimeout(600);
    const shape = await page.locator('.selected-shape').boundingBox();
    const panel = await page.locator('#panel').boundingBox();
    assert.ok(shape && shape.y < panel.y - 10, `the feature begins at ${shape?.y}, the panel at ${panel.y}`);
  });
});

test('sharing copies the link of what is seen, and there is code for embedding', async () => {
  await visit(`${MAP}?v=25.55,-103.41,14`, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    await ready(page);
    await page.getByRole('button', { name: 'Compartir' }).click();
    await page.getByRole('button', { name: 'Enlace copiado' }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(link, `${town.address}${MAP}?v=25.55,-103.41,14`);
    assert.equal(await page.getByLabel('Enlace', { exact: true }).inputValue(), link);
    const code = await page.getByLabel('Para insertar en otra página').inputValue();
    assert.ok(code.startsWith(`<iframe src="${town.address}${MAP}?v=25.55,-103.41,14&amp;embed=1" title="Colonias por población"`), code);
    const address = code.match(/src="([^"]+)"/)[1].replace('&amp;', '&');
    await page.goto(address);
    await ready(page);
    assert.ok(await page.locator('.site-header').count() === 0);
  });
});

test('an embedded map leaves scrolling to the page around it', async () => {
  await visit(`${MAP}?embed=1`, { viewport: { width: 600, height: 420 } }, async (page) => {
    await ready(page);
    const { x, y } = await middle(page);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -300);
    await page.waitForSelector('#map-note:not([hidden])');
    assert.match(await page.locator('#map-note').innerText(), /Ctrl/);
    await page.waitForTimeout(400);
    assert.ok(!page.url().includes('v='), 'the wheel moved the map');
    assert.match(await page.locator('.legal').innerText(), /no produce efectos jurídicos/);
    await keepPicture(page, 'embed');
    await assertAccessible(page, 'embedded');
  });
});

test('when tiles fail, people are told and can try again', async () => {
  await visit('/', { expectsTrouble: true }, async (page) => {
    await page.route('**/tiles/**', (route) => route.abort());
    await page.goto(MAP);
    await page.getByRole('button', { name: 'Reintentar' }).waitFor();
    assert.match(await page.locator('#map-note').innerText(), /No se pudo cargar una parte del mapa/);
    await page.unroute('**/tiles/**');
    await page.getByRole('button', { name: 'Reintentar' }).click();
    await settled(page);
    assert.ok(await page.locator('#map-note').isHidden());
  });
});

test('a phone gets sharp tiles, no sideways scrolling, and targets for fingers', async () => {
  await visit(MAP, PHONE, async (page) => {
    const tiles = [];
    page.on('request', (request) => request.url().includes('/tiles/') && tiles.push(request.url()));
    await page.reload();
    await ready(page);
    assert.ok(tiles.length > 0 && tiles.every((url) => url.includes('@2x.png')), tiles[0]);
    await assertNoSidewaysScroll(page, 'map page');
    const small = await page.locator('#tools button, .leaflet-control-zoom a, .stack button, .stack select, .copy button').evaluateAll((targets) =>
      targets.filter((target) => target.offsetParent).map((target) => [target.textContent, target.getBoundingClientRect()])
        .filter(([, box]) => box.width < 43.5 || box.height < 43.5).map(([name, box]) => `${name}: ${box.width} x ${box.height}`));
    assert.deepEqual(small, []);
    await keepPicture(page, 'phone');
    // 40 px beside the road a finger still finds it.
    const { x, y } = await middle(page);
    const road = offset(CENTER.lon + 0.005, CENTER.lat);
    await page.touchscreen.tap(x + road.x, y + road.y + 30);
    await page.waitForSelector('#panel h2');
    assert.match(await panelText(page), /Bulevar de Prueba/);
    await assertAccessible(page, 'phone with panel');
    await keepPicture(page, 'phone-panel');
  });
});

test('pages fit 320 px', async () => {
  for (const path of ['/', MAP, `${MAP}/tabla?capa=colonias`, '/mapas/nada', `${MAP}?embed=1`]) {
    await visit(path, { viewport: { width: 320, height: 568 }, expectsTrouble: path === '/mapas/nada' }, async (page) => {
      if (path === MAP) {
        await ready(page);
      }
      await assertNoSidewaysScroll(page, path);
    });
  }
});

test('the table tells what the map shows', async () => {
  await visit(`${MAP}/tabla?capa=colonias`, {}, async (page) => {
    assert.deepEqual((await page.locator('th').allInnerTexts()).slice(0, 4), ['Clave', 'Nombre', 'Población total (habitantes)', 'Fecha de fundación']);
    assert.equal(await page.locator('tbody tr').count(), 36);
    assert.match(await page.locator('tbody tr').first().innerText(), /1\tColonia Número 1\t1,234\t/);
    assert.match(await page.locator('tbody tr').first().innerText(), /sin dato/);
    await keepPicture(page, 'table');
    await assertAccessible(page, 'table');
  });
});

test('no page has an accessibility violation, in light or in dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const path of ['/', MAP, '/mapas/escuelas', '/mapas/nada']) {
      await visit(path, { colorScheme, expectsTrouble: path === '/mapas/nada' }, async (page) => {
        if (path.startsWith('/mapas/') && path !== '/mapas/nada') {
          await ready(page);
          await clickAt(page, CENTER.lon + 0.005, CENTER.lat + 0.0002);
          await page.waitForSelector('#panel h2');
          await page.locator('.use summary').click();
        }
        await keepPicture(page, `${path.replaceAll('/', '_')}-${colorScheme}`);
        await assertAccessible(page, `${path} ${colorScheme}`);
      });
    }
  }
});

test('paper gets one picture instead of tiles', async () => {
  await visit(MAP, {}, async (page) => {
    await ready(page);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('.map-live').evaluate((each) => getComputedStyle(each).display), 'none');
    assert.equal(await page.locator('#map-picture').evaluate((each) => getComputedStyle(each).visibility), 'visible');
    assert.equal(await page.locator('.legal').isVisible(), true);
    await page.evaluate(() => { window.print = () => { document.title = 'printed'; }; });
    await page.emulateMedia({ media: 'screen' });
    await page.keyboard.press('Home');
    await page.getByRole('button', { name: 'Acercar' }).click();
    await page.waitForFunction(() => location.search.includes(',14'));
    await page.getByRole('button', { name: 'Imprimir' }).click();
    await page.waitForFunction(() => document.title === 'printed');
    assert.match(await page.locator('#map-picture').getAttribute('src'), /zoom=14/);
  });
});

test('the large map fills the window, and Escape brings the page back', async () => {
  await visit(MAP, { reducedMotion: 'reduce' }, async (page) => {
    await ready(page);
    assert.equal(await page.locator('.leaflet-fade-anim').count(), 0, 'tiles fade although motion is to be reduced');
    await page.getByRole('button', { name: 'Mapa grande' }).click();
    await settled(page);
    const { box } = await middle(page);
    assert.ok(box.width >= 1366 && box.height > 600, `${box.width} x ${box.height}`);
    await page.keyboard.press('Escape');
    assert.ok((await middle(page)).box.width < 1000);
  });
});

test('the location is asked of the browser and centres the map', async () => {
  const here = { latitude: CENTER.lat + 0.01, longitude: CENTER.lon - 0.01 };
  await visit(MAP, { permissions: ['geolocation'], geolocation: here }, async (page) => {
    await ready(page);
    await page.getByRole('button', { name: 'Mi ubicación' }).click();
    await page.waitForFunction(() => /v=25\.5528\d*,-103\.4167\d*,16/.test(location.search));
  });
  await visit(MAP, { permissions: [] }, async (page) => {
    await ready(page);
    await page.getByRole('button', { name: 'Mi ubicación' }).click();
    await page.waitForFunction(() => document.querySelector('#map-note').textContent.includes('no dio la ubicación'));
  });
});

test('the first map costs at most 8 requests and 100 KB', async () => {
  await visit('about:blank', {}, async (page) => {
    const bodies = new Map();
    const order = [];
    page.on('response', (response) => {
      const path = new URL(response.url()).pathname;
      order.push(path);
      if (!path.startsWith('/tiles/') && !path.startsWith('/maps/')) {
        bodies.set(path, response.body());
      }
    });
    await page.goto(MAP);
    await ready(page);
    const firstTile = order.findIndex((path) => path.startsWith('/tiles/'));
    const before = order.slice(0, firstTile).filter((path) => path !== '/static/icon.svg');
    assert.ok(before.length <= 8, `${before.length} requests before the first tile: ${before}`);
    const sizes = { html: 0, css: 0, js: 0 };
    for (const [path, body] of bodies) {
      const kind = path.endsWith('.js') ? 'js' : path.endsWith('.css') ? 'css' : path.startsWith('/mapas/') ? 'html' : null;
      if (kind) {
        sizes[kind] += gzipSync(await body, { level: 9 }).length;
      }
    }
    console.log('gzip bytes', sizes, before);
    assert.ok(sizes.html > 0 && sizes.html <= 12 * 1024, `HTML ${sizes.html}`);
    assert.ok(sizes.js > 0 && sizes.js <= 70.5 * 1024, `JS ${sizes.js}`);
    assert.ok(sizes.html + sizes.css + sizes.js <= 100 * 1024, JSON.stringify(sizes));
    const strangers = order.length > 0 && (await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)))
      .filter((origin) => origin !== new URL(page.url()).origin);
    assert.deepEqual(strangers, [], 'something comes from elsewhere');
    assert.deepEqual(await page.context().cookies(), []);
  });
});

test('an unknown map is a page that helps', async () => {
  await visit('/mapas/nada', { expectsTrouble: true }, async (page) => {
    assert.equal((await page.request.get('/mapas/nada', { headers: { accept: 'text/html' } })).status(), 404);
    assert.match(await page.locator('main').innerText(), /No hay un mapa «nada»/);
    await page.getByRole('link', { name: 'Ver todos los mapas' }).click();
    assert.equal(await page.locator('.card').count(), 2);
  });
});

test('no page complained, and the server ends well', async () => {
  await browser.close();
  const code = await town.stop();
  assert.equal(code, 0, `the server ended with ${code}\n${town.log()}`);
  assert.deepEqual(complaints, []);
});
