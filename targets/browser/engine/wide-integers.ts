// Integers that int32 cannot hold, for sums that must be exact.

/** GLSL for unsigned integers of 96 bits, least significant word first. */
export const wideIntegers: string = `
uint wordOf(uvec3 x, int i) { return i == 0 ? x.x : i == 1 ? x.y : i == 2 ? x.z : 0u; }

// 32 bits from bit position on; what lies outside the 96 is 0.
uint bitsFrom(uvec3 x, int position) {
  int i = position >> 5;
  int s = position & 31;
  uint low = wordOf(x, i) >> s;
  return s == 0 ? low : low | (wordOf(x, i + 1) << (32 - s));
}

bool anyBelow(uvec3 x, int position) {
  for (int i = 0; i < 3; i++) {
    int bits = position - 32 * i;
    if (bits >= 32 ? wordOf(x, i) != 0u : bits > 0 && (wordOf(x, i) & ((1u << bits) - 1u)) != 0u)
      return true;
  }
  return false;
}

int lengthOf(uint x) {
  int n = 0;
  for (; x != 0u; x >>= 1) n++;
  return n;
}

int lengthOf(uvec3 x) {
  return x.z != 0u ? 64 + lengthOf(x.z) : x.y != 0u ? 32 + lengthOf(x.y) : lengthOf(x.x);
}
`;
