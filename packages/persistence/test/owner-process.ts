import { insert } from '@freshet/domain';
import { openSqliteStore } from '../src/sqlite/store.js';

/**
 * A process of its own that owns the file named first and says `open`, or says why it cannot. It then keeps settings
 * 0, 1, 2, ... and says each number once it is kept, until it is killed.
 */
const file = process.argv[2] as string;

function* nothing(): Generator<never, null> {
  return null;
}

try {
  const store = openSqliteStore({ file });
  process.stdout.write('open\n');
  for (let number = 0; ; number += 1) {
    const setting = insert('setting', { id: `${number}`, value: 'kept' });
    await store.turn(nothing, () => ({ effects: [setting] }));
    process.stdout.write(`${number}\n`);
  }
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
