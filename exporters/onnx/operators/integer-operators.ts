import { floatsOf } from '../numbers.ts';
// Operators on integers (QOperator form), each imported as the float operator between
// DequantizeLinear and QuantizeLinear that it stands for.
import type { OperatorCall, OperatorImporter } from '../operator-call.ts';
import { constant } from '../value.ts';
import type { Constant, Value } from '../value.ts';

const none = new Map<string, never>();

/** The real values of the integers at input `index`, whose scale and zero point follow. */
function dequantized(call: OperatorCall, index: number, axis = 0): Value {
  const inputs = [index, index + 1, index + 2].map((i) => call.inputs[i] ?? null);
  return call.run('DequantizeLinear', inputs, new Map([['axis', axis]]));
}

function quantized(call: OperatorCall, value: Value, index: number): Value {
  const inputs = [value, call.inputs[index] ?? null, call.inputs[index + 1] ?? null];
  return call.run('QuantizeLinear', inputs, none);
}

/** Integers at the product of two scales, as accumulators are. */
function dequantizedBias(
  call: OperatorCall,
  bias: number,
  scales: readonly [number, number],
): Value | null {
  const integers = call.optionalConstant(bias);
  if (integers === null) return null;
  const [input, weights] = scales.map((index) => floatsOf(call.constant(index).tensor));
  const data = weights!.map((scale) => scale * input![0]!);
  const dimensions = data.length === 1 ? [] : [data.length];
  const scale: Constant = constant({ type: 'float32', dimensions, data });
  return call.run('DequantizeLinear', [integers, scale, null], new Map([['axis', 0]]));
}

// x, s_x, z_x, w, s_w, z_w, s_y, z_y, bias
function qLinearConv(call: OperatorCall): Value {
  const inputs = [dequantized(call, 0), dequantized(call, 3), dequantizedBias(call, 8, [1, 4])];
  return quantized(call, call.run('Conv', inputs), 6);
}

// a, s_a, z_a, b, s_b, z_b, s_y, z_y
function qLinearMatMul(call: OperatorCall): Value {
  return quantized(call, call.run('MatMul', [dequantized(call, 0), dequantized(call, 3, 1)]), 6);
}

// a, s_a, z_a, b, s_b, z_b, bias, s_y, z_y; float where s_y is left out
function qGemm(call: OperatorCall): Value {
  const axis = call.integer('transB', 0) === 0 ? 1 : 0;
  const inputs = [
    dequantized(call, 0),
    dequantized(call, 3, axis),
    dequantizedBias(call, 6, [1, 4]),
  ];
  const product = call.run('Gemm', inputs);
  return call.inputs[7] ? quantized(call, product, 7) : product;
}

// Y's scale and zero point, then x, s_x, z_x of each input
function qLinearConcat(call: OperatorCall): Value {
  const count = (call.inputs.length - 2) / 3;
  const inputs = Array.from({ length: Math.floor(count) }, (_, i) => dequantized(call, 2 + 3 * i));
  return quantized(call, call.run('Concat', inputs), 0);
}

/** x, s_x, z_x, s_y, z_y */
function unary(operator: string): OperatorImporter {
  return (call) => {
    if (call.integer('channels_last', 0) !== 0) call.refuse('channels_last 0', '1');
    return quantized(call, call.run(operator, [dequantized(call, 0)]), 3);
  };
}

/** a, s_a, z_a, b, s_b, z_b, s_y, z_y */
function binary(operator: string): OperatorImporter {
  return (call) =>
    quantized(call, call.run(operator, [dequantized(call, 0), dequantized(call, 3)]), 6);
}

export const integerOperators: Readonly<Record<string, OperatorImporter>> = {
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QGemm: qGemm,
  QLinearConcat: qLinearConcat,
  QLinearAdd: binary('Add'),
  QLinearMul: binary('Mul'),
  QLinearAveragePool: unary('AveragePool'),
  QLinearGlobalAveragePool: unary('GlobalAveragePool'),
  QLinearReduceMean: unary('ReduceMean'),
  QLinearLeakyRelu: unary('LeakyRelu'),
  QLinearSigmoid: unary('Sigmoid'),
  QLinearSoftmax: unary('Softmax'),
};
