#!/usr/bin/env node
'use strict';

// The plugin `docker signet pull|push`: `signet docker pull|push` under the name by which Docker's client finds it (docs/migrate-dct.md).
const args = process.argv.slice(2);
/** Docker's own options that have a value, which may be any word. */
const withValue = [
  '--config',
  '-c',
  '--context',
  '-H',
  '--host',
  '-l',
  '--log-level',
  '--tlscacert',
  '--tlscert',
  '--tlskey',
];

/** Where the plugin's name is: the first word that is neither an option nor the value of one. */
function nameAt() {
  let at = 0;
  while (args[at]?.startsWith('-')) at += withValue.includes(args[at]) ? 2 : 1;
  return at;
}

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
  const name = nameAt();
  const own = args.slice(0, name);
  if (own.length > 0) process.env.SIGNET_DOCKER_OPTIONS = JSON.stringify(own);
  process.argv.splice(2, args.length, 'docker', ...args.slice(name + 1));
  require('./signet.js');
}
