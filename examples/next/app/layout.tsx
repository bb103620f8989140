import type { Metadata } from 'next';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { WaymarkProvider } from 'waymark/react';

export const metadata: Metadata = { title: 'Sketchpad' };

const options = {
  key: process.env.NEXT_PUBLIC_WAYMARK_KEY!,
  endpoint: process.env.NEXT_PUBLIC_WAYMARK_URL!,
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <WaymarkProvider options={options}>
          <nav>
            <Link href="/">Sketchpad</Link> <Link href="/editor">Editor</Link> <Link href="/signup">Sign up</Link>
          </nav>
          {children}
        </WaymarkProvider>
      </body>
    </html>
  );
}
