// What is compared: two networks of the same shape, each on a context of its own in the same page.

export interface Images {
  /** uint8 [batch, height, width, channels]. */
  readonly pixels: Uint8Array;
  /** float32 [batch, classes]. */
  readonly targets: Float32Array;
  readonly batch: number;
}

export interface Arm {
  readonly gl: WebGL2RenderingContext;
  /** One step; resolves when something that it computed has been read. */
  learn(images: Images, step: number): Promise<void>;
  predict(images: Images): Promise<ArrayLike<number>>;
}
