'use strict';

// In place of node:assert, which is slow to load: undici asks for nothing but assert(value).
module.exports = function assert(value, message) {
  if (value) return;
  if (message instanceof Error) throw message;
  throw Object.assign(new Error(message ?? 'undici: what must hold does not'), { code: 'ERR_ASSERTION' });
};
