'use strict';

// In place of the bytes of undici's parser, which it asks for just before it compiles them: they lie in a file beside the program.
// WebAssembly that has run for so many bytes is optimised in the background: for this parser after some forty headers, which takes longer
// than most calls, and the end of the process waits for it. The budget holds for what is compiled now. Then it is V8's own again: code
// that was compiled under other flags is not taken from any cache, neither Node's own modules nor the program.
const { setFlagsFromString } = require('node:v8');

setFlagsFromString('--wasm-tiering-budget=1000000000');
queueMicrotask(() => setFlagsFromString('--wasm-tiering-budget=13000000'));

module.exports = require('node:fs').readFileSync(require.resolve('./llhttp_simd.wasm'));
