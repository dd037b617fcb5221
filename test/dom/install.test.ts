import { expect, test } from 'vitest';
import { install } from '../../src/webim.js';

test.each([
  ['null', null, 'null'],
  ['a word', 'webim', 'webim'],
  ['one that is frozen', Object.freeze({ login() {} }), 'one that cannot'],
  ['one with a fixed member', Object.defineProperty({}, 'login', { value: () => undefined }), 'one that cannot'],
  ['one with a getter', Object.defineProperty({}, 'login', { get: () => undefined }), 'one that cannot'],
])('install refuses %s', (_name, webim, received) => {
  expect(() => install(webim as object)).toThrow(`install: webim: expected an object that can be changed, got ${received}`);
});
