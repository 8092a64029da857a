'use strict';

// In place of light-my-request, by which fastify sends requests to itself in tests: the program's server takes them from the network alone.
module.exports = function inject() {
  throw new TypeError('requests without a connection are not part of this program');
};
