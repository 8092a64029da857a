'use strict';

// In place of the bytes of undici's parser, which it asks for just before it compiles them: they lie in a file beside the program.
// WebAssembly that has run for so many bytes is optimised in the background: for this parser after some forty headers, which takes longer
// than most calls, and the end of the process waits for it. The budget holds for what is compiled now. Then it is V8's own again: code
// that was compiled under other flags is not taken from any cache, neither Node's own modules nor the program.
const { setFlagsFromString } = require('node:v8');

setFlagsFromString('--wasm-tiering-budget=1000000000');
queueMicrotask(() => setFlagsFromString('--wasm-tiering-budget=13000000'));

const bytes = require('node:fs').readFileSync(require.resolve('./llhttp_simd.wasm'));

// Its functions are compiled when first called, the large one that reads answers for some milliseconds: time that there is while the first
// answer is on its way, and not when it has come (3 ms of 190). V8 shares what is compiled of the same bytes.
setImmediate(() => {
  try {
    parseSomething(new WebAssembly.Module(bytes));
  } catch {
    // A processor without vector instructions: undici has taken the other parser.
  }
});

function parseSomething(module) {
  const names = WebAssembly.Module.imports(module).map(({ name }) => [name, () => 0]);
  const { exports: parser } = new WebAssembly.Instance(module, { env: Object.fromEntries(names) });
  const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
  const at = parser.malloc(answer.length);
  new Uint8Array(parser.memory.buffer, at, answer.length).set(answer);
  const isAnswer = 2; // llhttp's TYPE.RESPONSE
  parser.llhttp_execute(parser.llhttp_alloc(isAnswer), at, answer.length);
}

module.exports = bytes;
