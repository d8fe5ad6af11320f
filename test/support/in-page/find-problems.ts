// Runs in the page that is checked; test/support/page-problems.ts puts it there.

/** What is wrong with the page as it is now, in sentences. */
export function findProblems(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  const found: string[] = [];
  if (scrollWidth > clientWidth) found.push(`scrolls sideways: ${scrollWidth} > ${clientWidth}`);
  for (const element of document.querySelectorAll('button, input, [tabindex], progress')) {
    if (isVisible(element)) found.push(...problemsOfControl(element));
  }
  for (const element of document.querySelectorAll('body *')) {
    const isText = Array.from(element.childNodes).some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
    );
    if (isText && isVisible(element) && !element.matches(':disabled, [aria-disabled=true]')) {
      found.push(...problemsOfText(element));
    }
  }
  return [...found, ...problemsOfIds()];
}

function isVisible(element: Element): boolean {
  return element.checkVisibility() && element.getBoundingClientRect().width > 1;
}

function problemsOfControl(element: Element): string[] {
  const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
  const name = element.getAttribute('aria-label') ?? label ?? element.textContent;
  const { width, height } = element.getBoundingClientRect();
  const isSmall = element.localName === 'button' && Math.min(width, height) < 24;
  return [
    ...(name?.trim() ? [] : [`no name: ${element.outerHTML.slice(0, 80)}`]),
    ...(isSmall ? [`too small to press: ${name}, ${width} x ${height}`] : []),
  ];
}

function problemsOfText(element: Element): string[] {
  const text = luminance(getComputedStyle(element).color);
  const back = luminance(backgroundOf(element));
  const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
  return contrast < 4.5 ? [`contrast ${contrast.toFixed(1)}: ${element.textContent}`] : [];
}

function problemsOfIds(): string[] {
  const ids = Array.from(document.querySelectorAll('[id]'), ({ id }) => id);
  const found = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: #${id}`);
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'for']) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      const id = element.getAttribute(attribute) ?? '';
      if (!ids.includes(id)) found.push(`${attribute}: expected #${id}, got none`);
    }
  }
  return found;
}

function channels(colour: string): number[] {
  return (colour.match(/[\d.]+/g) ?? []).map(Number);
}

/** Relative luminance, as WCAG defines it. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = channels(colour).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function backgroundOf(element: Element): string {
  for (let at: Element | null = element; at !== null; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (channels(backgroundColor)[3] !== 0) return backgroundColor;
  }
  return 'rgb(255, 255, 255)';
}
