/**
 * A sheet to draw on: a layer of ink and a layer of colour hints, four times as fine as what the
 * painter sees, and the PNG that both become (pipelines/image/sketch_files.py).
 */
export const FINER = 4;

const canvasOf = (width, height) => {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.lineCap = "round";
  context.lineJoin = "round";
  return context;
};

export class Sheet {
  /** @param {number} side  R, the painter's side in pixels */
  constructor(side) {
    this.side = side;
    this.ink = canvasOf(side * FINER, side * FINER);
    this.hints = canvasOf(side * FINER, side * FINER);
    this.small = canvasOf(side, side);
    this.file = canvasOf(side, 2 * side);
  }

  /**
   * A piece of a stroke, in shares of the sheet.
   * @param {{x: number, y: number}} from  @param {{x: number, y: number}} to
   * @param {{tool: "pen" | "colour" | "eraser", width: number, colour: string}} brush  width in
   *   the painter's pixels
   */
  stroke(from, to, { tool, width, colour }) {
    const scale = this.side * FINER;
    const layers = tool === "pen" ? [this.ink] : tool === "colour" ? [this.hints] : [this.ink, this.hints];
    for (const layer of layers) {
      layer.globalCompositeOperation = tool === "eraser" ? "destination-out" : "source-over";
      layer.strokeStyle = tool === "colour" ? colour : "#000";
      layer.lineWidth = width * FINER;
      layer.beginPath();
      layer.moveTo(from.x * scale, from.y * scale);
      layer.lineTo(to.x * scale, to.y * scale);
      layer.stroke();
      layer.globalCompositeOperation = "source-over";
    }
  }

  clear() {
    const all = this.side * FINER;
    for (const layer of [this.ink, this.hints]) layer.clearRect(0, 0, all, all);
  }

  /** What is drawn, to be put back by `restore`. */
  snapshot() {
    const all = this.side * FINER;
    return [this.ink, this.hints].map((layer) => layer.getImageData(0, 0, all, all));
  }

  restore(snapshot) {
    this.ink.putImageData(snapshot[0], 0, 0);
    this.hints.putImageData(snapshot[1], 0, 0);
  }

  /** Show both layers on a context of any size. */
  show(context) {
    const { width, height } = context.canvas;
    context.imageSmoothingQuality = "high";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.drawImage(this.hints.canvas, 0, 0, width, height);
    context.drawImage(this.ink.canvas, 0, 0, width, height);
  }

  /** The sketch as a file. @returns {Promise<Uint8Array>} */
  async bytes() {
    const { side } = this;
    const made = new ImageData(side, 2 * side);
    const half = 4 * side * side;
    const ink = this.#reduced(this.ink, true);
    const hints = this.#reduced(this.hints, false);
    for (let at = 0; at < half; at += 4) {
      made.data.fill(255 - ink[at + 3], at, at + 3);
      const told = hints[at + 3] > 127;
      for (let band = 0; band < 3; band += 1) {
        made.data[half + at + band] = told ? Math.min(254, hints[at + band]) : 255;
      }
      made.data[at + 3] = 255;
      made.data[half + at + 3] = 255;
    }
    this.file.putImageData(made, 0, 0);
    const blob = await this.file.canvas.convertToBlob({ type: "image/png" });
    return new Uint8Array(await blob.arrayBuffer());
  }

  /** Read a sketch from its file. @param {Uint8Array} bytes */
  async read(bytes) {
    const { side } = this;
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    this.file.drawImage(picture, 0, 0);
    const lines = this.file.getImageData(0, 0, side, side);
    const hints = this.file.getImageData(0, side, side, side);
    for (let at = 0; at < lines.data.length; at += 4) {
      lines.data[at + 3] = 255 - lines.data[at];
      lines.data.fill(0, at, at + 3);
      const white = hints.data[at] + hints.data[at + 1] + hints.data[at + 2] === 765;
      if (white) hints.data[at + 3] = 0;
    }
    this.clear();
    this.#enlarge(this.ink, lines, true);
    this.#enlarge(this.hints, hints, false);
  }

  #reduced(layer, smooth) {
    const { side, small } = this;
    small.clearRect(0, 0, side, side);
    small.imageSmoothingEnabled = smooth;
    small.imageSmoothingQuality = "high";
    small.drawImage(layer.canvas, 0, 0, side, side);
    return small.getImageData(0, 0, side, side).data;
  }

  #enlarge(layer, pixels, smooth) {
    this.small.putImageData(pixels, 0, 0);
    layer.imageSmoothingEnabled = smooth;
    layer.imageSmoothingQuality = "high";
    layer.drawImage(this.small.canvas, 0, 0, this.side * FINER, this.side * FINER);
  }
}
