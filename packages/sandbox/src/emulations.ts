import { emulateBud } from './bud/bud.js';
import type { Emulation } from './emulation.js';
import { emulateFinicity } from './finicity/finicity.js';
import { emulateMeld } from './meld/meld.js';
import { emulateMx } from './mx/mx.js';
import { emulatePlaid } from './plaid/plaid.js';
import type { World } from './world.js';

/** Every interface that the emulator speaks. */
export async function emulationsOf(world: World): Promise<readonly Emulation[]> {
  return [
    emulateMeld(world),
    await emulateBud(world),
    emulateMx(world),
    emulateFinicity(world),
    await emulatePlaid(world),
  ];
}
