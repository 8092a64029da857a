#!/usr/bin/env node
import module from 'node:module';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(`error[NODE_VERSION]: signet needs Node.js 24 or newer; this is ${process.version}\n`);
  process.stderr.write('hint: install Node.js 24, or run it through npx in the checkout (npx signet)\n');
  process.exitCode = 2;
} else {
  try {
    module.enableCompileCache();
  } catch {
    // The cache only makes the start quicker: a folder that cannot be written must not stop anything.
  }
  await import('../dist/main.js');
}
