// The few things the engine asks of WebGL2: textures, draws into them, and reading them back. State
// shared with tfjs in the same context is set before each draw and given back as tfjs expects it.
import { nextTask } from './next-task.ts';
import { compileProgram } from './program.ts';
import type { CompiledProgram, Program, Uniforms } from './program.ts';
import { itemAt } from './site.ts';
import { Texture, TextureLedger, textureLimits } from './texture.ts';
import type { TextureKind, TextureSpace } from './texture.ts';

interface Draw<P extends Program> {
  readonly inputs: Readonly<Record<keyof P['inputs'], Texture>>;
  readonly uniforms: Uniforms;
  /** Texels in each output. */
  readonly count: number;
}

/** Programs outlive engines: they are compiled once per context. */
const compiledPrograms = new WeakMap<WebGL2RenderingContext, Map<Program, CompiledProgram>>();

/** Milliseconds of queueing draws after which the page gets its turn. */
const sliceMs = 1;

export class Gpu implements TextureSpace {
  readonly gl: WebGL2RenderingContext;
  readonly rowShift: number;
  readonly mostTexels: number;
  readonly ledger: TextureLedger = new TextureLedger();
  /** By number of attachments, since those left over from another draw would limit its area. */
  readonly #framebuffers = new Map<number, WebGLFramebuffer>();
  readonly #vertexArray: WebGLVertexArrayObject;
  readonly #programs: Map<Program, CompiledProgram>;
  #placeholder: Texture | null = null;
  #sliceStart = 0;

  /** For textures of up to `count` texels, if the GPU has such. */
  constructor(gl: WebGL2RenderingContext, count: number) {
    this.gl = gl;
    ({ rowShift: this.rowShift, mostTexels: this.mostTexels } = textureLimits(gl, count));
    this.#vertexArray = gl.createVertexArray();
    this.#programs = compiledPrograms.get(gl) ?? new Map<Program, CompiledProgram>();
    compiledPrograms.set(gl, this.#programs);
  }

  /** A texture with undefined content, owned by the caller. */
  texture(kind: TextureKind, count: number): Texture {
    return new Texture(this, kind, count);
  }

  /** A texture of these numbers, four to a texel; they are copied. */
  upload(kind: 'values', values: Uint32Array): Texture;
  upload(kind: 'words', values: Int32Array): Texture;
  upload(kind: 'values' | 'words', values: Uint32Array | Int32Array): Texture {
    const { gl } = this;
    const texture = this.texture(kind, values.length / 4);
    const { width, height, count } = texture;
    const type = kind === 'values' ? gl.UNSIGNED_INT : gl.INT;
    const format = gl.RGBA_INTEGER;
    const full = Math.floor(count / width);
    gl.bindTexture(gl.TEXTURE_2D, texture.handle);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, full, format, type, values);
    if (full < height) {
      const rest = values.subarray(full * width * 4);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, full, count - full * width, 1, format, type, rest);
    }
    gl.bindTexture(gl.TEXTURE_2D, null);
    return texture;
  }

  /** One texel of zeros, for an input that a program was told not to read. The engine's own. */
  get placeholder(): Texture {
    this.#placeholder ??= this.upload('values', new Uint32Array(4));
    return this.#placeholder;
  }

  /** Runs a program over `count` texels; the outputs are fresh and the caller's. Inputs stay theirs. */
  draw<const P extends Program>(program: P, { inputs, uniforms, count }: Draw<P>): Texture[] {
    const { gl } = this;
    const outputs = program.outputs.map((kind) => this.texture(kind, count));
    const all = { ...uniforms, count, rowShift: this.rowShift };
    const compiled = this.#compiled(program, uniforms);
    gl.useProgram(compiled.handle);
    gl.bindVertexArray(this.#vertexArray);
    for (const [unit, name] of Object.keys(program.inputs).entries()) {
      const texture = (inputs as Readonly<Record<string, Texture>>)[name];
      if (texture === undefined) continue;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(texture.target, texture.handle);
    }
    compiled.set(all);
    const { width, height } = this.attach(outputs);
    gl.viewport(0, 0, width, height);
    gl.scissor(0, 0, width, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.bindVertexArray(null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    return outputs;
  }

  /** Lets the GPU start and the page breathe where draws have been queued for a while; awaited between nodes. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#sliceStart < sliceMs) return;
    this.gl.flush();
    await nextTask();
    this.#sliceStart = performance.now();
  }

  /** The one output of a program that has one. */
  make<const P extends Program>(program: P, draw: Draw<P>): Texture {
    return itemAt(this.draw(program, draw), 0, program.name);
  }

  /** Binds a framebuffer with the textures' layers as its attachments. */
  attach(textures: readonly Texture[]): { readonly width: number; readonly height: number } {
    const { gl } = this;
    const layers = textures.flatMap((texture) =>
      texture.kind === 'blocks'
        ? [0, 1, 2, 3].map((layer) => ({ texture, layer }))
        : [{ texture, layer: -1 }],
    );
    let framebuffer = this.#framebuffers.get(layers.length);
    const isNew = framebuffer === undefined;
    framebuffer ??= gl.createFramebuffer();
    this.#framebuffers.set(layers.length, framebuffer);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    for (const [index, { texture, layer }] of layers.entries()) {
      const point = gl.COLOR_ATTACHMENT0 + index;
      const { handle } = texture;
      if (layer >= 0) gl.framebufferTextureLayer(gl.FRAMEBUFFER, point, handle, 0, layer);
      else gl.framebufferTexture2D(gl.FRAMEBUFFER, point, gl.TEXTURE_2D, handle, 0);
    }
    if (isNew) gl.drawBuffers(layers.map((_, index) => gl.COLOR_ATTACHMENT0 + index));
    const { width = 0, height = 0 } = textures[0] ?? {};
    return { width, height };
  }

  #compiled(program: Program, uniforms: Uniforms): CompiledProgram {
    const known = this.#programs.get(program);
    if (known !== undefined) return known;
    const compiled = compileProgram(this.gl, program, uniforms);
    this.#programs.set(program, compiled);
    return compiled;
  }

  /** Frees what is the GPU's own; textures are their owners'. */
  dispose(): void {
    this.#placeholder?.release();
    this.#placeholder = null;
    for (const framebuffer of this.#framebuffers.values()) this.gl.deleteFramebuffer(framebuffer);
    this.gl.deleteVertexArray(this.#vertexArray);
    this.#framebuffers.clear();
  }
}
