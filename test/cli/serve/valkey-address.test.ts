import { describe, expect, it } from 'vitest';
import { parseValkey } from '../../../packages/cli/src/serve/valkey-address.ts';

const tcp = { kind: 'tcp', host: 'cache.example', port: 6379, usesTls: false, database: 0 };

describe('the address of Valkey', () => {
  it.each([
    ['valkey://cache.example', tcp],
    ['redis://cache.example/', tcp],
    ['valkeys://cache.example', { ...tcp, usesTls: true }],
    ['rediss://cache.example:6380/3', { ...tcp, usesTls: true, port: 6380, database: 3 }],
    ['valkey://[::1]:7000', { ...tcp, host: '::1', port: 7000 }],
    ['unix:/run/valkey.sock', { kind: 'socket', path: '/run/valkey.sock', database: 0 }],
  ])('is read: %s', (text, address) => {
    expect(parseValkey(text)).toEqual({ address });
  });

  it('may name a user', () => {
    expect(parseValkey('valkey://signet%40a@cache.example')).toEqual({ address: tcp, user: 'signet@a' });
  });

  it.each([
    ['cache.example', /is wanted/],
    ['http://cache.example', /is wanted/],
    ['valkey://', /is wanted/],
    ['', /is wanted/],
    ['unix:valkey.sock', /absolute/],
    ['valkey://cache.example/zero', /number of a database/],
    ['valkey://cache.example/1/2', /number of a database/],
    ['valkey://cache.example?db=1', /number of a database/],
  ])('is refused: %s', (text, why) => {
    expect(() => parseValkey(text)).toThrow(why);
  });

  it('is refused with a password in it, which is not repeated', () => {
    expect(() => parseValkey('valkey://u:hunter2hunter2@cache.example')).toThrow(/others can see/);
    expect(() => parseValkey('valkey://u:hunter2hunter2@cache.example')).not.toThrow(/hunter2/);
  });
});
