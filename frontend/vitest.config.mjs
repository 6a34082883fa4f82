import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  resolve: { alias: { '@': fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '') } },
  test: { include: ['test/unit/**/*.test.{ts,tsx}'], setupFiles: ['test/support/patience.ts'], restoreMocks: true, testTimeout: 20_000 },
});
