// A program computes texels from texels. Its body defines `void run(int i)`, which reads the inputs
// with texelFetch(name, at(index), 0) and writes texel i of every output, result0 and on.
import { EngineError } from '#runtime';

import { arithmetic } from './arithmetic.ts';
import type { TextureKind } from './texture.ts';

export interface Program {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TextureKind>>;
  /** Which of its uniforms are floats; all others that a draw sets are ints. */
  readonly floats?: readonly string[];
  /** `blocks` count as four outputs, one for each layer. */
  readonly outputs: readonly TextureKind[];
  readonly body: string;
}

/** By name. */
export type Uniforms = Readonly<Record<string, number>>;

export interface CompiledProgram {
  readonly handle: WebGLProgram;
  /** Passes values on where they differ from the last ones. */
  set(uniforms: Uniforms): void;
}

const samplers = { values: 'usampler2D', words: 'isampler2D', blocks: 'isampler2DArray' } as const;

// One triangle over the whole target, counter-clockwise, from no attributes.
const vertexSource = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

function typeOf({ floats = [] }: Program, uniform: string): 'float' | 'int' {
  return floats.includes(uniform) ? 'float' : 'int';
}

function fragmentSource(program: Program, uniforms: Uniforms): string {
  const outputs = program.outputs.flatMap((kind) =>
    kind === 'values'
      ? ['uvec4']
      : Array.from({ length: kind === 'blocks' ? 4 : 1 }, () => 'ivec4'),
  );
  return [
    '#version 300 es',
    arithmetic,
    ...Object.entries(program.inputs).map(([name, kind]) => `uniform ${samplers[kind]} ${name};`),
    ...Object.keys(uniforms).map((name) => `uniform ${typeOf(program, name)} ${name};`),
    ...outputs.map((type, index) => `layout(location = ${index}) out ${type} result${index};`),
    program.body,
    'void main() {',
    '  int i = (int(gl_FragCoord.y) << rowShift) + int(gl_FragCoord.x);',
    ...outputs.map((type, index) => `  result${index} = ${type}(0);`),
    '  if (i < count) run(i);',
    '}',
  ].join('\n');
}

/**
 * Compiles a program for draws with these uniforms, whatever their values. Throws EngineError with the
 * compiler's words; on a lost context it says so.
 */
export function compileProgram(
  gl: WebGL2RenderingContext,
  program: Program,
  uniforms: Uniforms,
): CompiledProgram {
  const handle = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource(program, uniforms)],
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
  const locations = new Map<string, WebGLUniformLocation | null>();
  const values = new Map<string, number>();
  return {
    handle,
    set(next) {
      for (const [name, value] of Object.entries(next)) {
        if (Object.is(values.get(name), value)) continue;
        values.set(name, value);
        if (!locations.has(name)) locations.set(name, gl.getUniformLocation(handle, name));
        const location = locations.get(name) ?? null;
        if (typeOf(program, name) === 'int') gl.uniform1i(location, value);
        else gl.uniform1f(location, value);
      }
    },
  };
}

function reasonOf(gl: WebGL2RenderingContext, program: WebGLProgram): string {
  if (gl.isContextLost()) return 'a lost context; open the engine again';
  const logs = gl.getAttachedShaders(program)?.map((shader) => gl.getShaderInfoLog(shader)) ?? [];
  return [gl.getProgramInfoLog(program), ...logs].filter(Boolean).join('; ');
}
