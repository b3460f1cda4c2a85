// @ts-check
// The one door to Leaflet: the only module that knows it. Another map library needs another file like this one.

/** @typedef {import('./types').MapAdapter} MapAdapter */
/** @typedef {import('./types').View} View */

/** @typedef {{ view: View, minZoom: number, maxZoom: number, embedded: boolean, reducedMotion: boolean,
 *   texts: Record<string, string>, onHint: (text: string) => void }} CreateOptions */

/** Embedded maps must not take the scrolling of the page around them: Ctrl + wheel and two fingers move the map.
 * @param {L.Map} map @param {HTMLElement} box @param {CreateOptions} options */
function cooperate(map, box, options) {
  box.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) {
      event.stopImmediatePropagation();
      options.onHint(options.texts.ctrlWheel);
    }
  }, { capture: true, passive: true });
  box.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') {
      map.dragging.disable();
    } else {
      map.dragging.enable();
    }
  }, { capture: true });
  box.addEventListener('touchmove', (event) => {
    if (event.touches.length === 1) {
      options.onHint(options.texts.twoFingers);
    }
  }, { passive: true });
}

/** @param {L.Map} map @param {Record<string, string>} texts */
function addControls(map, texts) {
  L.control.zoom({ position: 'topright', zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut }).addTo(map);
  // Below, on a phone, the attribution needs all the room.
  const isNarrow = map.getContainer().clientWidth < 480;
  L.control.scale({ position: isNarrow ? 'topleft' : 'bottomleft', metric: true, imperial: false, maxWidth: 120 }).addTo(map);
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
}

/** What a pointer or key says of the point asked for.
 * @param {L.Map} map @param {HTMLElement} box @param {(type: string, event: import('./types').PointEvent) => void} tell */
function listenToPoints(map, box, tell) {
  let isTouch = false;
  box.addEventListener('pointerdown', (event) => {
    isTouch = event.pointerType === 'touch';
  }, { capture: true });
  map.on('click', (event) => {
    const point = event.latlng.wrap();
    tell('point', { lat: point.lat, lon: point.lng, isTouch });
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target === box) {
      const center = map.getCenter().wrap();
      event.preventDefault();
      tell('point', { lat: center.lat, lon: center.lng, isTouch: false });
    }
  });
}

/** Puts a live map into `box`. @param {HTMLElement} box @param {CreateOptions} options @returns {MapAdapter} */
export function create(box, options) {
  const motion = !options.reducedMotion;
  const map = L.map(box, {
    center: [options.view.lat, options.view.lon],
    zoom: options.view.zoom,
    minZoom: options.minZoom,
    maxZoom: options.maxZoom,
    zoomControl: false,
    zoomAnimation: motion,
    fadeAnimation: motion,
    markerZoomAnimation: motion,
    inertia: motion,
    worldCopyJump: true,
  });
  /** @type {Record<string, ((event: any) => void)[]>} */
  const listeners = { point: [], shown: [], failed: [] };
  /** @param {string} type @param {any} [event] */
  const tell = (type, event) => listeners[type].forEach((listener) => listener(event));
  addControls(map, options.texts);
  listenToPoints(map, box, tell);
  if (options.embedded) {
    cooperate(map, box, options);
  }
  const resized = new ResizeObserver(() => map.invalidateSize({ animate: false }));
  resized.observe(box);

  return {
    setView({ lat, lon, zoom }) {
      map.setView([lat, lon], zoom, { animate: motion });
    },
    getView() {
      const center = map.getCenter().wrap();
      return { lat: center.lat, lon: center.lng, zoom: map.getZoom() };
    },
    onMove(listener) {
      map.on('moveend', listener);
    },
    addRaster({ url, opacity, order, maxZoom, attribution }) {
      const layer = L.tileLayer(url, { maxZoom, opacity: opacity / 100, zIndex: order, attribution, className: 'tiles' });
      layer.on('load', () => tell('shown'));
      layer.on('tileerror', () => tell('failed'));
      layer.addTo(map);
      return { layer };
    },
    addGeoJSON(geometry) {
      /** @type {L.GeoJSONOptions} */
      const shapes = {
        interactive: false,
        style: { className: 'selected-shape', color: '#d1106c', weight: 4, fillColor: '#d1106c', fillOpacity: 0.15 },
        pointToLayer: (_feature, at) => L.circleMarker(at, { radius: 11, interactive: false }),
      };
      return { layer: L.geoJSON(geometry, shapes).addTo(map) };
    },
    removeLayer({ layer }) {
      map.removeLayer(/** @type {L.Layer} */ (layer));
    },
    setOpacity({ layer }, opacity, order) {
      const tiles = /** @type {L.TileLayer} */ (layer);
      tiles.setOpacity(opacity / 100);
      tiles.setZIndex(order);
    },
    fit(geometry) {
      map.fitBounds(L.geoJSON(geometry).getBounds(), { maxZoom: Math.min(17, options.maxZoom), padding: [40, 40], animate: motion });
    },
    reveal({ lat, lon }, { right, bottom }) {
      map.panInside([lat, lon], { paddingTopLeft: [30, 30], paddingBottomRight: [right + 30, bottom + 30], animate: motion });
    },
    locate() {
      return new Promise((resolve, reject) => {
        map.once('locationfound', (event) => resolve({ lat: event.latlng.lat, lon: event.latlng.lng, accuracy: event.accuracy }));
        map.once('locationerror', (event) => reject(new Error(event.message)));
        map.locate({ enableHighAccuracy: true, timeout: 15000 });
      });
    },
    on(type, listener) {
      listeners[type].push(listener);
    },
    destroy() {
      resized.disconnect();
      map.remove();
    },
  };
}
