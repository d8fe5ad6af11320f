// The loss of a lesson's steps as a line, drawn while it learns. A step has four examples, so single
// losses jump; the line is their mean over the last sixteenth of the lesson.
const svg = 'http://www.w3.org/2000/svg';
const [width, height] = [300, 80];

export interface LossCurve {
  add(step: number, steps: number, loss: number): void;
}

/** Puts an empty curve into `place`, instead of the one that was there. */
export function lossCurve(place: HTMLElement): LossCurve {
  const picture = document.createElementNS(svg, 'svg');
  picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
  picture.setAttribute('role', 'img');
  picture.setAttribute('preserveAspectRatio', 'none');
  const line = document.createElementNS(svg, 'polyline');
  picture.append(line);
  const caption = document.createElement('p');
  caption.className = 'note';
  place.replaceChildren(picture, caption);

  const losses: number[] = [];
  const means: number[] = [];
  return {
    add(step, steps, loss) {
      losses.push(loss);
      const span = Math.max(4, Math.ceil(steps / 16));
      const recent = losses.slice(-span);
      means.push(recent.reduce((sum, value) => sum + value, 0) / recent.length);
      const highest = Math.max(...means, 0.01);
      const points = means.map((mean, index) => {
        const x = (width * (index + 1)) / steps;
        return `${x.toFixed(1)},${(height - 2 - (mean / highest) * (height - 4)).toFixed(1)}`;
      });
      line.setAttribute('points', points.join(' '));
      const first = means[Math.min(means.length, span) - 1] ?? 0;
      const text = `Loss ${first.toFixed(2)} at the start, ${(means.at(-1) ?? 0).toFixed(2)} after ${step} of ${steps} steps`;
      picture.setAttribute('aria-label', text);
      caption.textContent = text;
    },
  };
}
