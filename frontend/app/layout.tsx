import type { Metadata, Viewport } from 'next';
import localFont from 'next/font/local';
import type { ReactNode } from 'react';
import { Shell } from '@/components/layout/Shell';
import { Toaster } from '@/components/ui/toast';
import { FIRST_SCRIPT } from '@/lib/preferences';
import '@/styles/globals.css';

const grotesk = localFont({
  src: '../node_modules/@fontsource-variable/hanken-grotesk/files/hanken-grotesk-latin-wght-normal.woff2',
  weight: '100 900',
  variable: '--font-grotesk',
  display: 'swap',
});
const reading = localFont({
  src: '../node_modules/@fontsource/newsreader/files/newsreader-latin-400-normal.woff2',
  weight: '400', // the only one in use: the variable font weighs two and a half times as much
  variable: '--font-reading',
  display: 'swap',
  adjustFontFallback: 'Times New Roman',
});

export const metadata: Metadata = {
  title: { default: 'Interview Assistant', template: '%s · Interview Assistant' },
  description: 'Listens to an interview, writes it down live and puts a grounded answer on the screen before the pause gets awkward.',
  icons: { icon: '/icon.svg', apple: '/icons/apple-180.png' },
  manifest: '/manifest.webmanifest',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f6f3ec' },
    { media: '(prefers-color-scheme: dark)', color: '#0c1411' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" className={`${grotesk.variable} ${reading.variable}`} suppressHydrationWarning>
      <head>
        {/* before the first paint, so that nobody sees the other theme flash by */}
        <script dangerouslySetInnerHTML={{ __html: FIRST_SCRIPT }} />
      </head>
      <body>
        {children}
        <Toaster />
        <Shell />
      </body>
    </html>
  );
}
