'use strict';

// In place of debug, by which iovalkey tells on standard error, where DEBUG says so, all that it sends: passwords and answers among it.
exports.default = () => Object.assign(() => undefined, { enabled: false });
