'use strict';

// The parts of undici that @signet/oci uses, in place of its index. What only some calls need is loaded when it is asked for.
const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');

Object.assign(Dispatcher.prototype, {
  request: require('undici/lib/api/api-request.js'),
  stream: require('undici/lib/api/api-stream.js'),
});

module.exports = {
  Dispatcher,
  Client: require('undici/lib/dispatcher/client.js'),
  Pool: require('undici/lib/dispatcher/pool.js'),
  errors: require('undici/lib/core/errors.js'),
  buildConnector: require('undici/lib/core/connect.js'),
  get Agent() {
    return require('undici/lib/dispatcher/agent.js');
  },
  get ProxyAgent() {
    return require('undici/lib/dispatcher/proxy-agent.js');
  },
};
