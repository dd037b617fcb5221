import { describe, expect, test } from 'vitest';
import { readDatabase } from '../../../src/server/node/database.js';
import { urlsOfHosts } from '../../../src/server/node/postgres-hosts.js';

describe('the hosts of a DATABASE_URL', () => {
  test.each<[string, readonly string[]]>([
    ['postgres://u:p@a:1/im', ['postgres://u:p@a:1/im']],
    ['postgres:///im?host=/run/a', ['postgres:///im?host=/run/a']],
    ['postgres://u:p@a:1,b:2/im?sslmode=disable', ['postgres://u:p@a:1/im?sslmode=disable', 'postgres://u:p@b:2/im?sslmode=disable']],
    ['postgresql://a,b', ['postgresql://a', 'postgresql://b']],
    ['postgres://u:p,q%40@[::1]:1,[fe80::2]/im', ['postgres://u:p,q%40@[::1]:1/im', 'postgres://u:p,q%40@[fe80::2]/im']],
    ['postgres://u@x/im?host=a,b', ['postgres://u@x/im?host=a', 'postgres://u@x/im?host=b']],
    ['postgres://u@x/im?host=a,b&port=1', ['postgres://u@x/im?host=a&port=1', 'postgres://u@x/im?host=b&port=1']],
    ['postgres://u@x/im?host=a,b&port=1,2', ['postgres://u@x/im?host=a&port=1', 'postgres://u@x/im?host=b&port=2']],
    ['postgres://a,b/im?port=1,2', ['postgres://a/im?port=1', 'postgres://b/im?port=2']],
  ])('%s', (url, urls) => {
    expect(urlsOfHosts(url)).toEqual(urls);
    expect(readDatabase(url, { pool: 1, timeout: 1 })).toMatchObject({ kind: 'postgres', url });
  });

  test.each([
    'postgres://a,/im',
    'postgres://a,,b/im',
    'postgres://a:1,b:x/im',
    'postgres://a,b/im?host=c,d,e',
    'postgres://a/im?host=a,b&port=1,2,3',
    'postgres://a/im?port=1,2',
  ])('%s is invalid', (url) => {
    expect(urlsOfHosts(url)).toBeUndefined();
    expect(readDatabase(url, { pool: 1, timeout: 1 })).toBeUndefined();
  });
});
