/**
 * Where a picture is painted anew: a layer of brush strokes, and the PNG that it becomes, white there
 * and black elsewhere (pipelines/image/attached.py).
 */
const SIDE = 128; // of the file, in pixels
const FINER = 4;
const INK = "#2f5378";
const VEIL = 0.5; // of the strokes over the picture

const canvasOf = (side) => new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });

export class Mask {
  constructor() {
    this.layer = canvasOf(SIDE * FINER);
    this.small = canvasOf(SIDE);
    this.layer.lineCap = "round";
    this.layer.lineJoin = "round";
    this.layer.strokeStyle = INK;
  }

  /** A piece of a stroke, in shares of the picture; `width` in pixels of the file. */
  stroke(from, to, { tool, width }) {
    const { layer } = this;
    const all = SIDE * FINER;
    layer.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
    layer.lineWidth = width * FINER;
    layer.beginPath();
    layer.moveTo(from.x * all, from.y * all);
    layer.lineTo(to.x * all, to.y * all);
    layer.stroke();
    layer.globalCompositeOperation = "source-over";
  }

  clear() {
    this.layer.clearRect(0, 0, SIDE * FINER, SIDE * FINER);
  }

  /** Paint anew what stays now, and the other way round. */
  invert() {
    const { layer } = this;
    layer.globalCompositeOperation = "xor";
    layer.fillStyle = INK;
    layer.fillRect(0, 0, SIDE * FINER, SIDE * FINER);
    layer.globalCompositeOperation = "source-over";
  }

  /** Show the strokes over what `context` shows. */
  show(context) {
    const { width, height } = context.canvas;
    context.save();
    context.globalAlpha = VEIL;
    context.drawImage(this.layer.canvas, 0, 0, width, height);
    context.restore();
  }

  /** The mask as a file; null where nothing is brushed. @returns {Promise<Uint8Array | null>} */
  async bytes() {
    const { small } = this;
    small.clearRect(0, 0, SIDE, SIDE);
    small.imageSmoothingQuality = "high";
    small.drawImage(this.layer.canvas, 0, 0, SIDE, SIDE);
    const made = small.getImageData(0, 0, SIDE, SIDE);
    let any = false;
    for (let at = 0; at < made.data.length; at += 4) {
      const on = made.data[at + 3] > 127;
      any ||= on;
      made.data.fill(on ? 255 : 0, at, at + 3);
      made.data[at + 3] = 255;
    }
    if (!any) return null;
    small.putImageData(made, 0, 0);
    const blob = await small.canvas.convertToBlob({ type: "image/png" });
    return new Uint8Array(await blob.arrayBuffer());
  }

  /** Read a mask from its file. @param {Uint8Array} bytes */
  async read(bytes) {
    const { small, layer } = this;
    small.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0, SIDE, SIDE);
    const made = small.getImageData(0, 0, SIDE, SIDE);
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(INK.slice(at, at + 2), 16));
    for (let at = 0; at < made.data.length; at += 4) made.data.set([red, green, blue, made.data[at]], at);
    small.putImageData(made, 0, 0);
    this.clear();
    layer.imageSmoothingQuality = "high";
    layer.drawImage(small.canvas, 0, 0, SIDE * FINER, SIDE * FINER);
  }
}
