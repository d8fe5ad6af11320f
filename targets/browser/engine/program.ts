// A program computes texels from texels. Its body defines `void run(int i)`, which reads the inputs
// with texelFetch(name, at(index), 0) and writes texel i of every output, result0 and on.
import { EngineError } from '#runtime';

import { arithmetic } from './arithmetic.ts';
import type { TextureKind } from './texture.ts';

export interface Program {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TextureKind>>;
  /** Uniforms of type int. */
  readonly integers: readonly string[];
  /** Uniforms of type float. */
  readonly floats?: readonly string[];
  /** `blocks` count as four outputs, one for each layer. */
  readonly outputs: readonly TextureKind[];
  readonly body: string;
}

export interface CompiledProgram {
  readonly handle: WebGLProgram;
  setInteger(name: string, value: number): void;
  setFloat(name: string, value: number): void;
}

const samplers = { values: 'usampler2D', words: 'isampler2D', blocks: 'isampler2DArray' } as const;

// One triangle over the whole target, counter-clockwise, from no attributes.
const vertexSource = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

function fragmentSource(program: Program): string {
  const outputs = program.outputs.flatMap((kind) =>
    kind === 'values'
      ? ['uvec4']
      : Array.from({ length: kind === 'blocks' ? 4 : 1 }, () => 'ivec4'),
  );
  return [
    '#version 300 es',
    arithmetic,
    ...Object.entries(program.inputs).map(([name, kind]) => `uniform ${samplers[kind]} ${name};`),
    ...program.integers.map((name) => `uniform int ${name};`),
    ...(program.floats ?? []).map((name) => `uniform float ${name};`),
    ...outputs.map((type, index) => `layout(location = ${index}) out ${type} result${index};`),
    program.body,
    'void main() {',
    '  int i = (int(gl_FragCoord.y) << rowShift) + int(gl_FragCoord.x);',
    ...outputs.map((type, index) => `  result${index} = ${type}(0);`),
    '  if (i < count) run(i);',
    '}',
  ].join('\n');
}

/** Throws EngineError with the compiler's words; on a lost context it says so. */
export function compileProgram(gl: WebGL2RenderingContext, program: Program): CompiledProgram {
  const handle = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource(program)],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) break; // the context is lost; linking fails below
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(handle, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(handle);
  if (gl.getProgramParameter(handle, gl.LINK_STATUS) !== true) {
    throw new EngineError(
      `webgl: expected program ${program.name} to compile, got ${reasonOf(gl, handle)}`,
    );
  }
  gl.useProgram(handle);
  for (const [unit, name] of Object.keys(program.inputs).entries()) {
    gl.uniform1i(gl.getUniformLocation(handle, name), unit);
  }
  gl.uniform1i(gl.getUniformLocation(handle, 'zero'), 0);
  return { handle, ...uniformSetters(gl, handle) };
}

/** Setters that pass a value on only where it differs from the last one. */
function uniformSetters(
  gl: WebGL2RenderingContext,
  handle: WebGLProgram,
): Omit<CompiledProgram, 'handle'> {
  const known = new Map<string, { location: WebGLUniformLocation | null; value: number }>();
  const changed = (name: string, value: number): WebGLUniformLocation | null => {
    const own = known.get(name);
    if (own === undefined) {
      const location = gl.getUniformLocation(handle, name);
      known.set(name, { location, value });
      return location;
    }
    if (Object.is(own.value, value)) return null;
    own.value = value;
    return own.location;
  };
  return {
    setInteger(name, value) {
      const location = changed(name, value);
      if (location !== null) gl.uniform1i(location, value);
    },
    setFloat(name, value) {
      const location = changed(name, value);
      if (location !== null) gl.uniform1f(location, value);
    },
  };
}

function reasonOf(gl: WebGL2RenderingContext, program: WebGLProgram): string {
  if (gl.isContextLost()) return 'a lost context; open the engine again';
  const logs = gl.getAttachedShaders(program)?.map((shader) => gl.getShaderInfoLog(shader)) ?? [];
  return [gl.getProgramInfoLog(program), ...logs].filter(Boolean).join('; ');
}
