import { storeContract } from '@freshet/ports/contract';
import { temporaryFile } from '../../test/temporary-file.js';
import { openSqliteStore } from './store.js';

storeContract('the store over SQLite', () => openSqliteStore({ file: temporaryFile() }));
