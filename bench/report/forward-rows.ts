import { accuracyLoss, labelAgreement, layerAgreement } from '../forward.ts';
import type { ModelFile } from '../forward.ts';
import { missingRow } from './row.ts';
import type { Row } from './row.ts';

const resnet8: ModelFile = { file: 'resnet8_cifar10_fp32.onnx', black: 0, white: 255 };

const floatModels: readonly ModelFile[] = [
  resnet8,
  { file: 'mobilenetv1_025_vww96_fp32.onnx', black: 0, white: 1 },
  { file: 'mobilenetv1_025_128_fp32.onnx', black: -1, white: 1 },
];

const int8Models: readonly ModelFile[] = [
  { file: 'resnet8_cifar10_int8_qdq.onnx', black: 0, white: 255 },
  { file: 'mobilenetv1_025_vww96_int8_qdq.onnx', black: 0, white: 1 },
  { file: 'dscnn_kws_int8_qdq.onnx', black: -123, white: 26 },
  { file: 'mcunet-5fps_imagenet_int8_qdq.onnx', black: -1, white: 1 },
  { file: 'mobilenetv1_025_128_uint8_qdq.onnx', black: -1, white: 1 },
];

/** Bit-exactness, accuracy lost to int8, and agreement with publishers' int8 files; quick looks at less of each. */
export async function forwardRows(isFull: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const model of isFull ? floatModels : floatModels.slice(0, 2)) {
    const claim = `ONNX Runtime = reference kernels, every value of ${model.file}`;
    const agreement = await layerAgreement(model);
    rows.push(
      agreement
        ? {
            claim,
            measured: `${agreement.different} of ${agreement.numbers} numbers differ in ${agreement.values} values`,
            promised: '0 differ',
            holds: agreement.different === 0,
          }
        : missingRow(claim, model.file),
    );
  }
  // Of fewer images than all, a difference of a point would be chance.
  if (isFull) rows.push(await lossRow());
  for (const model of int8Models) rows.push(await labelRow(model, isFull ? 400 : 50));
  return rows;
}

async function lossRow(): Promise<Row> {
  const images = 2000;
  const claim = `float to int8, ${resnet8.file} on ${images} CIFAR-10 images`;
  const loss = await accuracyLoss(resnet8, images);
  if (!loss) return missingRow(claim, 'cifar10-sub');
  return {
    claim,
    measured: `${loss.float.toFixed(2)} % -> ${loss.int8.toFixed(2)} %`,
    promised: 'loses at most 0.7 points',
    holds: loss.float - loss.int8 <= 0.7,
  };
}

async function labelRow(model: ModelFile, inputs: number): Promise<Row> {
  const claim = `labels as ONNX Runtime gives on ${model.file}, ${inputs} images`;
  const agreement = await labelAgreement(model, inputs);
  if (!agreement) return missingRow(claim, model.file);
  return {
    claim,
    measured: `${agreement.same.toFixed(2)} % the same, ${agreement.sameOrTied.toFixed(2)} % where its ties count`,
    promised: 'at least 99.5 %',
    holds: agreement.sameOrTied >= 99.5,
  };
}
