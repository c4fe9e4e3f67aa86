// `npm run bench`: every measurement beside its peer or its limit, in one run, as ratios. `npm run bench -- decide` runs one.
import { cpus, totalmem } from 'node:os';
import { benchAudit } from './audit.bench.mjs';
import { benchDecide } from './decide.bench.mjs';
import { benchHttp } from './http.bench.mjs';
import { benchPlan } from './plan.bench.mjs';
import { benchSimulate } from './simulate.bench.mjs';
import { benchStore } from './store.bench.mjs';
import { benchSweep } from './sweep.bench.mjs';

const benches = {
  decide: benchDecide,
  http: benchHttp,
  store: benchStore,
  plan: benchPlan,
  simulate: benchSimulate,
  audit: benchAudit,
  sweep: benchSweep,
};
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in benches));
if (unknown) {
  console.error(`There is no bench "${unknown}": choose from ${Object.keys(benches).join(', ')}.`);
  process.exit(1);
}

const round = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));

console.log(
  `${cpus()[0].model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
);
let missed = 0;
for (const name of chosen.length > 0 ? chosen : Object.keys(benches)) {
  const { name: title, figures = {}, ratio = null, wanted = null, lines = [] } = await benches[name]();
  console.log(`\n${title}`);
  for (const [what, value] of Object.entries(figures)) console.log(`  ${what.padEnd(34)} ${round(value).padStart(12)}`);
  if (ratio !== null) {
    const limit = wanted === null ? '' : `  (at least ${wanted} wanted)`;
    console.log(`  ${'ratio'.padEnd(34)} ${ratio.toFixed(2).padStart(12)}${limit}`);
    if (wanted !== null && ratio < wanted) missed += 1;
  }
  for (const { what, value, most = null } of lines) {
    const isOver = most !== null && value > most;
    const limit = most === null ? '' : `  (at most ${most} wanted${isOver ? ', missed' : ''})`;
    console.log(`  ${what.padEnd(60)} ${round(value).padStart(12)}${limit}`);
    if (isOver) missed += 1;
  }
}
process.exit(missed === 0 ? 0 : 1);
