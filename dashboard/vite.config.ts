/** Owns how the dashboard is built: into `dist/dashboard`, with addresses relative to where it is mounted. */
import { defineConfig, type Plugin } from 'vite';
import { routes } from '../src/api/routes.ts';

/** Of the table of routes a browser needs methods and paths; the checks, which weigh more than the rest, are the server's. */
function slimRoutes(): Plugin {
  const table = Object.fromEntries(Object.entries(routes).map(([name, { method, path }]) => [name, { method, path }]));
  return {
    name: 'slim-routes',
    enforce: 'pre',
    load(id) {
      return /[\\/]src[\\/]api[\\/]routes\.ts$/.test(id) ? `export const routes = ${JSON.stringify(table)};` : undefined;
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [slimRoutes()],
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    sourcemap: false,
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      // Mantine says of each file that it is for browsers, which all of this is.
      onLog: (level, log, tell) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : tell(level, log)),
    },
  },
});
