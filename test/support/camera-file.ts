// A picture as what Chromium's fake camera shows: a Y4M file of one frame, which it repeats.

/** An RGB picture [side, side, 3], 0 to 255. */
interface Picture {
  readonly pixels: Uint8Array;
  readonly side: number;
}

/** Each pixel of the picture is a square of this side. */
const zoom = 8;

/** The picture in the middle of a wider grey frame. ITU-R BT.601, colours at half the resolution. */
export function cameraFile({ pixels, side }: Picture): Uint8Array {
  const height = zoom * side;
  const width = height + 64;
  const left = (width - height) / 2;
  const [luma, blue, red] = [
    new Uint8Array(width * height).fill(126),
    new Uint8Array((width * height) / 4).fill(128),
    new Uint8Array((width * height) / 4).fill(128),
  ];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < height; x++) {
      const at = 3 * (Math.floor(y / zoom) * side + Math.floor(x / zoom));
      const [r, g, b] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
      const place = (y >> 1) * (width / 2) + ((left + x) >> 1);
      luma[y * width + left + x] = Math.round(16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255);
      blue[place] = Math.round(128 + (-37.797 * r - 74.203 * g + 112 * b) / 255);
      red[place] = Math.round(128 + (112 * r - 93.786 * g - 18.214 * b) / 255);
    }
  }
  const header = `YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`;
  return Buffer.concat([Buffer.from(header), luma, blue, red]);
}
