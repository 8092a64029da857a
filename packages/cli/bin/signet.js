#!/usr/bin/env node
'use strict';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(`error[NODE_VERSION]: signet needs Node.js 24 or newer; this is ${process.version}\n`);
  process.stderr.write('hint: install Node.js 24, or run it through npx in the checkout (npx signet)\n');
  process.exitCode = 2;
} else {
  require('../dist/start.js').start(`${__dirname}/../dist`, process.argv[2]);
}
