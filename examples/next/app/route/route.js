import { noteRender } from '../../renders.mjs';

export const dynamic = 'force-static';
export const revalidate = 3600;

export function GET() {
  noteRender('route');
  return Response.json({ value: Math.random() });
}
