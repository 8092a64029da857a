'use strict';

// In place of undici's fetch, which its client asks for only to send a FormData: the program sends bytes and streams alone.
module.exports = {
  extractBody() {
    throw new TypeError('form bodies are not part of this program');
  },
  webidl: { is: { FormData: () => false } },
};
