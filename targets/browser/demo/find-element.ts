/** The page's element of this id; a mismatch with index.html is a mistake in the page. */
export function findElement<Kind extends Element>(id: string, kind: new () => Kind): Kind {
  const found = document.querySelector(`#${id}`);
  if (found instanceof kind) return found;
  throw new TypeError(`page: expected ${kind.name} #${id}, got ${found?.tagName ?? 'none'}`);
}
