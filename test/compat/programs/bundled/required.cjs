/** What a file that requires the packages gets. */
exports.SluiceError = require('@sluice/core').SluiceError
exports.manualClock = require('@sluice/core/testing').manualClock
exports.guardFetch = require('@sluice/http/fetch').guardFetch
