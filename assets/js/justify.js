/** Justified rows: every picture whole, every row as wide as the view, about one height. */

/**
 * @param {number[]} ratios  width / height of each work, in order
 * @param {number} width     of the view, px
 * @param {{height: number, gap: number}} options  the height aimed at
 * @returns {{x: number, y: number, width: number, height: number}[]} one box a work
 */
export function justify(ratios, width, { height = 160, gap = 8 } = {}) {
  const boxes = [];
  let y = 0;
  let start = 0;
  let sum = 0;
  const close = (end, tall) => {
    let x = 0;
    for (let index = start; index < end; index += 1) {
      const wide = ratios[index] * tall;
      boxes.push({ x: Math.round(x), y: Math.round(y), width: Math.round(wide), height: Math.round(tall) });
      x += wide + gap;
    }
    y += tall + gap;
    start = end;
    sum = 0;
  };
  ratios.forEach((ratio, index) => {
    sum += ratio;
    const gaps = (index - start) * gap;
    const tall = (width - gaps) / sum;
    if (tall <= height) close(index + 1, tall);
  });
  // The last row keeps the height of the others, so that one picture does not fill the view.
  if (start < ratios.length)
    close(ratios.length, Math.min(height, (width - (ratios.length - 1 - start) * gap) / sum));
  return boxes;
}

/** The first and one past the last box that touch the band from `top` to `bottom`. */
export function within(boxes, top, bottom) {
  let low = 0;
  let high = boxes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boxes[middle].y + boxes[middle].height < top) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < boxes.length && boxes[end].y <= bottom) end += 1;
  return [low, end];
}
