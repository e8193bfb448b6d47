import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const service = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../service/static",
    emptyOutDir: true,
    license: { fileName: "licenses.md" }, // of what is built in
    assetsInlineLimit: 0, // the service's Content-Security-Policy allows no data: fonts
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: { "/api": { target: service, ws: true }, "/health": service },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
