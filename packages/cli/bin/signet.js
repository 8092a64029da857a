#!/usr/bin/env node
'use strict';

const { enableCompileCache } = require('node:module');

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(`error[NODE_VERSION]: signet needs Node.js 24 or newer; this is ${process.version}\n`);
  process.stderr.write('hint: install Node.js 24, or run it through npx in the checkout (npx signet)\n');
  process.exitCode = 2;
} else {
  // WebAssembly that has run for so many bytes is optimised in the background: for undici's parser after some forty headers, longer than
  // most calls take, and the end of the process waits for it. Set before the cache is, whose entries hold for these flags alone.
  // For every command alike: they share files.
  require('node:v8').setFlagsFromString('--wasm-tiering-budget=1000000000');
  try {
    enableCompileCache();
  } catch {
    // The cache only makes the start quicker: a folder that cannot be written must not stop anything.
  }
  // Commands that have the whole program and themselves in one file; main.js loads the others part by part.
  const packed = { verify: '../dist/verify.js', sign: '../dist/sign.js' };
  require(Object.hasOwn(packed, process.argv[2]) ? packed[process.argv[2]] : '../dist/main.js');
}
