// GLSL that every program starts with: float32 as docs/numerics.md means it.
//
// GLSL may fuse, reorder and approximate. What is relied on here: int32 wraps; one addition,
// subtraction or multiplication of two float32 numbers rounds half to even, if nothing can be fused
// with it. `opaque` sees to that: an exclusive or with a uniform that is 0, which no compiler knows.
// Division and square root come from integers: an estimate is corrected by its exact remainder,
// which is small and so right even modulo 2^32. Subnormal numbers count as zero, as on most GPUs.
export const arithmetic: string = `
precision highp float;
precision highp int;
precision highp isampler2D;
precision highp usampler2D;
precision highp isampler2DArray;
uniform int zero;
uniform int count;
uniform int rowShift;

ivec2 at(int i) { return ivec2(i & ((1 << rowShift) - 1), i >> rowShift); }

float opaque(float x) { return intBitsToFloat(floatBitsToInt(x) ^ zero); }
vec4 opaque(vec4 x) { return intBitsToFloat(floatBitsToInt(x) ^ ivec4(zero)); }
float add(float a, float b) { return opaque(a + b); }
vec4 add(vec4 a, vec4 b) { return opaque(a + b); }
float mul(float a, float b) { return opaque(a * b); }
vec4 mul(vec4 a, vec4 b) { return opaque(a * b); }

// f32(x) of an int32: both parts are exact, so the sum is rounded once.
vec4 toFloat(ivec4 x) { return opaque(vec4(x >> 8) * 256.0 + vec4(x & 255)); }

// rne(x), |x| taken as below 2^31.
ivec4 roundHalfEven(vec4 x) {
  x = clamp(x, vec4(-2147483520.0), vec4(2147483520.0));
  vec4 below = floor(x);
  vec4 rest = x - below;
  ivec4 k = ivec4(below);
  return k + ivec4(greaterThan(rest, vec4(0.5))) + ivec4(equal(rest, vec4(0.5))) * (k & 1);
}

bool isFinite(float x) { return (floatBitsToInt(x) & 0x7f800000) != 0x7f800000; }

// f32(a / b): mantissas as integers, 2^24 <= quotient < 2^25, then rounded to 24 bits.
float divide(float a, float b) {
  int bitsA = floatBitsToInt(a);
  int bitsB = floatBitsToInt(b);
  int sign = (bitsA ^ bitsB) & (1 << 31);
  int exponentA = (bitsA >> 23) & 255;
  int exponentB = (bitsB >> 23) & 255;
  bool isNaN = exponentA == exponentB && (exponentA == 0 || exponentA == 255);
  if (isNaN) return intBitsToFloat(0x7fc00000);
  if (exponentA == 0 || exponentB == 255) return intBitsToFloat(sign);
  if (exponentA == 255 || exponentB == 0) return intBitsToFloat(sign | 0x7f800000);
  int m = (bitsA & 0x7fffff) | 0x800000;
  int d = (bitsB & 0x7fffff) | 0x800000;
  int exponent = exponentA - exponentB + 127;
  if (m < d) {
    m <<= 1;
    exponent -= 1;
  }
  int quotient = int(float(m) / float(d) * 16777216.0);
  int rest = (m << 24) - quotient * d;
  for (int i = 0; i < 32 && rest < 0; i++) {
    quotient -= 1;
    rest += d;
  }
  for (int i = 0; i < 32 && rest >= d; i++) {
    quotient += 1;
    rest -= d;
  }
  int up = (quotient & 1) & (int(rest != 0) | (quotient >> 1));
  int bits = (exponent << 23) + (quotient >> 1) + up - 0x800000;
  if (exponent <= 0) bits = 0;
  if (exponent >= 255) bits = 0x7f800000;
  return intBitsToFloat(sign | bits);
}

// The four channels of one sample, and back; each 0 to 255.
ivec4 channelsOf(uint x) { return ivec4((uvec4(x) >> uvec4(0, 8, 16, 24)) & 255u); }
uint packed(ivec4 c) { return uint(c.x | (c.y << 8) | (c.z << 16) | (c.w << 24)); }
`;
