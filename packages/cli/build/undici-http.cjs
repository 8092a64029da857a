'use strict';

// In place of node:http, of which undici wants a number and a class that no body of this program is an instance of.
module.exports = {
  /** Bytes; Node's own default. */
  maxHeaderSize: 16 * 1024,
  IncomingMessage: class IncomingMessage {},
};
