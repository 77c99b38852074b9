// Draws characters: reads {side, out, drawings: [{file, options}]} from standard input.
//
// Style: Open Peeps by Pablo Stanley, CC0 1.0, through DiceBear (MIT). Each drawing's options are
// those of the style; nothing is left to chance here.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAvatar } from "@dicebear/core";
import * as openPeeps from "@dicebear/open-peeps";
import { Resvg } from "@resvg/resvg-js";

const order = JSON.parse(readFileSync(0, "utf8"));
for (const { file, options } of order.drawings) {
  const svg = createAvatar(openPeeps, { seed: file, ...options }).toString();
  const drawn = new Resvg(svg, { fitTo: { mode: "width", value: order.side } }).render();
  writeFileSync(join(order.out, file), drawn.asPng());
}
