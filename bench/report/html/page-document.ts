// The document that a report is built in: a DOM without a browser, so that text is escaped by it and
// not by us.
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<!doctype html><html lang="en"><head></head><body></body></html>');

export { document };

type Child = Node | string;

/** An element with attributes and children; strings become text. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A table with a header row; numbers are aligned by the style sheet. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): HTMLElement {
  const cells = (name: 'td' | 'th', row: readonly string[]): HTMLElement =>
    element('tr', {}, ...row.map((cell) => element(name, {}, cell)));
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      {},
      element('caption', {}, caption),
      element('thead', {}, cells('th', header)),
      element('tbody', {}, ...rows.map((row) => cells('td', row))),
    ),
  );
}
