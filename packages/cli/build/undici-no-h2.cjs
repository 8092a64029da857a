'use strict';

// In place of undici's HTTP/2 client and Node's, which are slow to load: the program never offers HTTP/2.
module.exports = function connectH2() {
  throw new TypeError('HTTP/2 is not part of this program');
};
