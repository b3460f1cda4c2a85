/* The shapes that travel between the modules of the viewer, and between server and viewer. */

export interface View { lat: number; lon: number; zoom: number }

/** A map in the stack, bottom first. Opacity in percent; 0 is hidden. */
export interface StackEntry { id: string; opacity: number }

export interface ViewState { stack: StackEntry[]; view: View | null; selected: string | null }

/** A map of the catalogue, as the page tells it. */
export interface MapEntry { id: string; title: string; version: string; opaque: boolean; attribution: string | null }

/** The data block #viewer-data of a map page (src/server/page_viewer.c). */
export interface ViewerData {
  map: string;
  language: string;
  embedded: boolean;
  view: View;
  minZoom: number;
  maxZoom: number;
  bounds: [number, number, number, number] | null;
  maps: MapEntry[];
  texts: Record<string, string>;
}

export interface IdentifiedField { name: string; title: string; value: unknown; text: string; unit: string | null }

/** A feature as /identify answers it (src/server/identify_write.c). */
export interface IdentifiedFeature {
  layer: string;
  layer_title: string;
  id: string;
  title: string;
  source: string | null;
  fields: IdentifiedField[];
  geometry: GeoJSON.Geometry | null;
}

export interface IdentifyAnswer { map: string; map_title: string; truncated?: boolean; features: IdentifiedFeature[] }

/** What modules may ask of the map library; with create() the functions of adapter_leaflet.js. */
export interface MapAdapter {
  setView(view: View): void;
  getView(): View;
  onMove(listener: () => void): void;
  addRaster(source: RasterSource): RasterHandle;
  addGeoJSON(geometry: GeoJSON.Geometry): RasterHandle;
  removeLayer(handle: RasterHandle): void;
  setOpacity(handle: RasterHandle, opacity: number, order: number): void;
  fit(geometry: GeoJSON.Geometry): void;
  /** Moves the map just so far that the point is not below what covers its right or bottom edge (px). */
  reveal(point: { lat: number; lon: number }, covered: { right: number; bottom: number }): void;
  locate(): Promise<{ lat: number; lon: number; accuracy: number }>;
  on(event: AdapterEvent, listener: (event: PointEvent) => void): void;
  destroy(): void;
}

export type AdapterEvent = 'point' | 'shown' | 'failed';
export interface PointEvent { lat: number; lon: number; isTouch: boolean }
export interface RasterSource { url: string; opacity: number; order: number; maxZoom: number; attribution: string }
export type RasterHandle = { readonly layer: unknown };
