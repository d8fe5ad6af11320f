// GLSL for the four samples of a texel: a line with # for the sample's number and @ for its component.
export function eachSample(line: string): string {
  return ['x', 'y', 'z', 'w']
    .map((component, sample) => line.replaceAll('#', String(sample)).replaceAll('@', component))
    .join('\n');
}
