// Rounding and scaling, shared by every operator. docs/numerics.md writes them rne and f32:
// Math.fround of a double operation on two float32 numbers is the IEEE float32 operation.

/** 1.5 * 2^52: adding it leaves no bits below one, so the addition itself rounds half to even. */
const roundingConstant = 6_755_399_441_055_744;

/** rne(x), exact for |x| < 2^51; infinities stay, NaN stays. */
export function roundHalfEven(x: number): number {
  return x + roundingConstant - roundingConstant;
}

/** m[o] = f32(f32(s_x * s_w[o]) / s_y); without an output scale f32(s_x * s_w[o]), for logits. */
export function multipliers(
  inputScale: number,
  weightScales: Float32Array,
  outputScale: number | null,
): Float32Array {
  const result = new Float32Array(weightScales.length);
  const scale = Math.fround(inputScale);
  for (let o = 0; o < result.length; o++) {
    const product = Math.fround(scale * weightScales[o]!);
    result[o] = outputScale === null ? product : product / Math.fround(outputScale);
  }
  return result;
}

/** min(hi, max(lo, rne(x) + zeroPoint)) for a float32 x. */
export function quantize(x: number, zeroPoint: number, lo: number, hi: number): number {
  const y = roundHalfEven(x) + zeroPoint;
  return y < lo ? lo : y > hi ? hi : y;
}
