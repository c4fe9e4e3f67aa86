import { parentPort, type MessagePort } from 'node:worker_threads';
import type { Drawing } from './chart.js';
import { drawHere } from './draw.js';

/* The thread that draws the charts of one report: it is sent drawings, and answers with an SVG for each. */

const port = parentPort as MessagePort;

port.on('message', (drawings: readonly Drawing[]) => {
  drawHere(drawings).then(
    (pictures) => port.postMessage({ pictures }),
    (error: unknown) => port.postMessage({ error: String(error) }),
  );
});
