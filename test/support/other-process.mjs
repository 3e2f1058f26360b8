// The other side of other-process.ts: answers calls by name until its parent is gone.
export function serve(calls) {
  process.on('message', async ({ id, name, args }) => {
    try {
      process.send({ id, result: await calls[name](...args) });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send({ id: 0 });
}
