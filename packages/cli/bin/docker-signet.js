#!/usr/bin/env node
'use strict';

// The plugin `docker signet pull|push`: `signet docker pull|push` under the name by which Docker's client finds it (docs/migrate-dct.md).
const args = process.argv.slice(2);

if (args[0] === 'docker-cli-plugin-metadata') {
  // Rule: Docker CLI plugins, metadata schema 0.1.0.
  const metadata = {
    SchemaVersion: '0.1.0',
    Vendor: 'Signet',
    Version: require('../package.json').version,
    ShortDescription: 'Pull what is verified, push and sign',
  };
  process.stdout.write(`${JSON.stringify(metadata)}\n`);
} else {
  // Docker hands on its own options before the plugin's name: they are for the docker that does the work.
  const name = args.indexOf('signet');
  const own = name === -1 ? [] : args.slice(0, name);
  if (own.length > 0) process.env.SIGNET_DOCKER_OPTIONS = JSON.stringify(own);
  process.argv.splice(2, args.length, 'docker', ...args.slice(name + 1));
  require('./signet.js');
}
