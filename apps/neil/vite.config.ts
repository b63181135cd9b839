import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname ? `${import.meta.dirname}/page` : "apps/neil/page",
  build: { outDir: "../dist/page", emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false } },
});
