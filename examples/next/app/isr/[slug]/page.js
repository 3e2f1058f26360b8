import { unstable_cache } from 'next/cache';
import { noteRender } from '../../../renders.mjs';

export const revalidate = 3600;
export const generateStaticParams = () => [{ slug: 'built' }];

const load = unstable_cache(async (slug) => `${slug} ${Math.random()}`, ['load'], { tags: ['posts'], revalidate: 3600 });

export default async function Page({ params }) {
  const { slug } = await params;
  noteRender(`isr-${slug}`);
  return (
    <main>
      <p id="value">{await load(slug)}</p>
      <p>{'x'.repeat(slug.startsWith('large') ? 100_000 : 1)}</p>
    </main>
  );
}
