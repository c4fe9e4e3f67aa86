import { describe, expect, test } from '@jest/globals';
import type { BudgetCounter, Connection, ConnectionId, Effect, TenantId } from '@freshet/domain';
import { decideRecounted, decideStaleAt } from './recount.js';
import { decideGroupSettled } from './settle-group.js';
import { aConnection, aPolicy, inputs, NOW } from '../../test/given.js';
