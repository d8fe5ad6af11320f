// Every ONNX operator that is imported. Names of ONNX's own operators stand alone; com.microsoft is
// ONNX Runtime's domain.
import type { OperatorImporter } from '../operator-call.ts';
import { clip, hardSigmoid, hardSwish, leakyRelu, relu, sigmoid, tanh } from './activation.ts';
import { add, divide, multiply, subtract } from './arithmetic.ts';
import { batchNormalization } from './batch-normalization.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { gemm, matMul } from './dense.ts';
import { integerOperators } from './integer-operators.ts';
import { flatten, reshape, squeeze, transpose, unsqueeze } from './layout.ts';
import { pad } from './pad.ts';
import { cast, passThrough } from './pass-through.ts';
import { gather, slice } from './pick.ts';
import { averagePool, maxPool } from './pool.ts';
import { dequantizeLinear, quantizeLinear } from './quantize.ts';
import { recurrentOperators } from './recurrent.ts';
import { globalAveragePool, globalMaxPool, reduceMax, reduceMean } from './reduce.ts';
import { shape } from './shape.ts';
import { softmax } from './softmax.ts';

export const operatorImporters: ReadonlyMap<string, OperatorImporter> = new Map(
  Object.entries({
    Add: add,
    AveragePool: averagePool,
    BatchNormalization: batchNormalization,
    Cast: cast,
    Clip: clip,
    Concat: concat,
    Conv: conv,
    DequantizeLinear: dequantizeLinear,
    Div: divide,
    Dropout: passThrough,
    Flatten: flatten,
    Gather: gather,
    Gemm: gemm,
    GlobalAveragePool: globalAveragePool,
    GlobalMaxPool: globalMaxPool,
    HardSigmoid: hardSigmoid,
    HardSwish: hardSwish,
    Identity: passThrough,
    LeakyRelu: leakyRelu,
    LogSoftmax: softmax,
    MatMul: matMul,
    MaxPool: maxPool,
    Mul: multiply,
    Pad: pad,
    QuantizeLinear: quantizeLinear,
    ReduceMax: reduceMax,
    ReduceMean: reduceMean,
    Relu: relu,
    Reshape: reshape,
    Shape: shape,
    Sigmoid: sigmoid,
    Slice: slice,
    Softmax: softmax,
    Squeeze: squeeze,
    Sub: subtract,
    Tanh: tanh,
    Transpose: transpose,
    Unsqueeze: unsqueeze,
    ...recurrentOperators,
    ...integerOperators,
  }),
);
