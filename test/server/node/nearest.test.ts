import { expect, test } from 'vitest';
import { didYouMean } from '../../../src/server/node/nearest.js';

const right = ['--endpoint', '--sdkappid', '--secretkey', '--database-url', '--admin', '--tags'];

test.each([
  ['--endpont', '--endpoint'],
  ['--enpdoint', '--endpoint'],
  ['--Endpoint', '--endpoint'],
  ['--sdk-app-id', '--sdkappid'],
  ['--database', '--database-url'],
  ['--admins', '--admin'],
  ['--tag', '--tags'],
])('%s is near %s', (word, nearest) => {
  expect(didYouMean(word, right)).toBe(`; did you mean ${nearest}?`);
});

test.each(['', '-', '--', '--nope', 'TOPSECRET', 'x'.repeat(100_000)])('%s is near none', (word) => {
  expect(didYouMean(word, right)).toBe('');
});

test('the nearest of several is named', () => {
  expect(didYouMean('portrait_sett', ['portrait_get', 'portrait_set'])).toBe('; did you mean portrait_set?');
});
