'use strict';

// In place of node:child_process, which is slow to load and seldom used (credential helpers; commander, for programs beside it): loaded when called.
module.exports = {
  spawn: (...args) => require('node:child_process').spawn(...args),
};
