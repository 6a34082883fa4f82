// The browser suite: the real interviewd, the exported page, Debian's Chromium. One file after the other, for they listen to sound.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 200_000,
    hookTimeout: 90_000,
  },
});
