'use strict';

// undici's parser for processors without vector instructions; see undici-parser.cjs.
module.exports = require('node:fs').readFileSync(require.resolve('./llhttp.wasm'));
