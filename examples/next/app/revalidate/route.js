import { revalidatePath, revalidateTag } from 'next/cache';

export function GET(request) {
  const { searchParams } = new URL(request.url);
  const [tag, path, profile] = ['tag', 'path', 'profile'].map((name) => searchParams.get(name));
  // With a profile, what is there is served once more; without, it is gone at once.
  if (tag) revalidateTag(tag, profile ?? { expire: 0 });
  if (path) revalidatePath(path);
  return Response.json({ revalidated: tag ?? path });
}
