// The page's words and controls for the package it works with: index.html has those for its digits.
import type { PackageContent } from '#runtime';

import { findElement } from './find-element.ts';
import type { ChosenPackage } from './package-choice.ts';
import type { SampleForm } from './sample-form.ts';

export function showWords(
  { name, isBundled }: ChosenPackage,
  { labels }: PackageContent,
  { kind, height, width }: SampleForm,
): void {
  const isPicture = kind === 'picture';
  findElement('drawing', HTMLDivElement).hidden = isPicture;
  findElement('camera', HTMLDivElement).hidden = !isPicture;
  findElement('back-to-digits', HTMLButtonElement).hidden = isBundled;
  for (const part of document.querySelectorAll<HTMLElement>('[data-digits]')) {
    part.hidden = !isBundled;
  }
  findElement('package-name', HTMLParagraphElement).textContent =
    `${name}: takes ${isPicture ? 'pictures' : 'drawings'} of ${width} × ${height} pixels, came with ${labels.length} classes.`;
  if (isBundled) return;
  document.title = `Onward: ${name}`;
  write('title', isPicture ? 'Teach it what it sees' : 'Teach it what you draw');
  write(
    'introduction',
    'A small int8 network that learns from your corrections, here in the browser. Nothing leaves this device.',
  );
  write('draw-title', isPicture ? 'Show it' : 'Draw');
  if (!isPicture) return;
  write('stored', 'Tap what it really is: the picture becomes an example to learn from.');
}

function write(id: string, text: string): void {
  findElement(id, HTMLElement).textContent = text;
}
