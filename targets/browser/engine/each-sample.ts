// GLSL for the four samples of a texel: a line with # for the sample's number and @ for its component.
const components = ['x', 'y', 'z', 'w'] as const;

export function eachSample(line: string): string {
  return components.map((_, sample) => ofSample(line, sample)).join('\n');
}

/** The line for the first sample alone, where there is no other. */
export function firstSample(line: string): string {
  return ofSample(line, 0);
}

function ofSample(line: string, sample: number): string {
  return line.replaceAll('#', String(sample)).replaceAll('@', components[sample] ?? 'x');
}
