// The page is exported as plain files into out/ and served by interviewd. In development the API comes from a running interviewd.
const backend = process.env.INTERVIEWD_URL ?? 'http://127.0.0.1:8080';

/** @param {string} phase */
export default function config(phase) {
  const dev = phase === 'phase-development-server';
  /** @type {import('next').NextConfig} */
  const common = { trailingSlash: true, reactStrictMode: true, poweredByHeader: false, images: { unoptimized: true } };
  if (!dev) return { ...common, output: 'export' };
  return {
    ...common,
    skipTrailingSlashRedirect: true,
    rewrites: async () => ({
      beforeFiles: [
        { source: '/interview/:id((?!placeholder)[^/]+)/:rest*', destination: '/interview/placeholder/:rest*' },
        { source: '/api/:path*', destination: `${backend}/api/:path*` },
        { source: '/ws/:path*', destination: `${backend}/ws/:path*` },
      ],
      afterFiles: [],
      fallback: [],
    }),
  };
}
