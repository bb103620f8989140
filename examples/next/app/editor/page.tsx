import type { Metadata } from 'next';
import { connection } from 'next/server';

import { Editor } from './editor';

export const metadata: Metadata = { title: 'Editor' };

export default async function Page() {
  // Rendered for each request, unlike the other pages, which are rendered by the build.
  await connection();
  return <Editor drawn={new Date().getFullYear()} />;
}
