// The rival: float32 on tfjs's WebGL backend, as a layers model trained by stochastic gradient descent.
// oxlint-disable-next-line import/no-unassigned-import -- it registers the backend
import '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { Sequential } from '@tensorflow/tfjs-layers';

import type { Arm, Images } from './arm.ts';

interface TfjsArm extends Arm {
  /** Reads with the page's thread waiting, which tfjs does sooner than without. */
  predictBlocking(images: Images): ArrayLike<number>;
}

/** Widths of the convolutions in order; one wider than the one before halves the image. */
export async function openTfjs(widths: readonly number[], classes: number): Promise<TfjsArm> {
  await tf.setBackend('webgl');
  await tf.ready();
  const model = network(widths, classes);
  model.compile({ optimizer: tf.train.sgd(0.001), loss: 'categoricalCrossentropy' });
  const { gpgpu } = tf.backend() as unknown as { gpgpu: { gl: WebGL2RenderingContext } };
  return {
    gl: gpgpu.gl,
    async learn({ pixels, targets, batch }) {
      const x = tensorOf(pixels, batch);
      const y = tf.tensor2d(targets, [batch, classes]);
      await model.trainOnBatch(x, y); // what model.fit does with each batch; it reads the loss
      x.dispose();
      y.dispose();
    },
    async predict({ pixels, batch }) {
      const y = tf.tidy(() => model.predict(tensorOf(pixels, batch)) as tf.Tensor);
      const values = await y.data<'float32'>();
      y.dispose();
      return values;
    },
    predictBlocking({ pixels, batch }) {
      const y = tf.tidy(() => model.predict(tensorOf(pixels, batch)) as tf.Tensor);
      const values = y.dataSync<'float32'>();
      y.dispose();
      return values;
    },
  };
}

/** Whether tfjs gives textures back at once, instead of keeping them for later use as it does by default. */
export function freeTexturesAtOnce(isFreed: boolean): void {
  tf.env().set('WEBGL_DELETE_TEXTURE_THRESHOLD', isFreed ? 0 : -1);
}

function tensorOf(pixels: Uint8Array, batch: number): tf.Tensor4D {
  return tf.tensor4d(
    Float32Array.from(pixels, (value) => value / 255),
    [batch, 32, 32, 3],
  );
}

function network(widths: readonly number[], classes: number): Sequential {
  const model = sequential();
  for (const [index, filters] of widths.entries()) {
    model.add(
      layers.conv2d({
        filters,
        kernelSize: 3,
        strides: filters > (widths[index - 1] ?? filters) ? 2 : 1,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: 'heNormal',
        ...(index === 0 ? { inputShape: [32, 32, 3] } : {}),
      }),
    );
  }
  model.add(layers.globalAveragePooling2d({}));
  model.add(layers.dense({ units: classes, activation: 'softmax' }));
  return model;
}
