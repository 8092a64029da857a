import { pae } from '@signet/core';
import { expect, it } from 'vitest';

it('is the protocol’s own example', () => {
  expect(Buffer.from(pae('http://example.com/HelloWorld', Buffer.from('hello world'))).toString()).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
});

it('counts bytes, not characters', () => {
  expect(Buffer.from(pae('é', Buffer.from('ü'))).toString()).toBe('DSSEv1 2 é 2 ü');
});
