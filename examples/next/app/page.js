export default function Home() {
  return (
    <ul>
      <li>
        <a href="/isr/hello">/isr/hello</a>: a page of ISR, with a cached load tagged posts
      </li>
      <li>
        <a href="/clock">/clock</a>: a function with &apos;use cache&apos;, tagged clock
      </li>
      <li>
        <a href="/route">/route</a>: a route handler
      </li>
      <li>/revalidate?tag=posts: gone at once, in every process; with &amp;profile=max served once more</li>
    </ul>
  );
}
