import { expect, test } from '@jest/globals';

test('scripts run on the pinned Node', () => {
  expect(process.version).toMatch(/^v24\./);
});
