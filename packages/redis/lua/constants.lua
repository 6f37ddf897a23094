-- Values with names. The bundler writes each value where its name is used, so that a name costs the server nothing.

-- The action of a call: the first byte of its opcode (see calls.lua).
local CONSUME = 99 -- c
local CONSUME_UP_TO = 117 -- u
local PEEK = 112 -- p
local RESERVE = 114 -- r

-- Each charge has two digits in an opcode. A digit is a byte from '0' on.
local ZERO = 48 -- 0
-- The first digit is 1 for a shadow, plus 2 for a charge that a reservation pays only when it is settled, plus 4 for each 79 terms.
local MODES = 4
local PAID_AT_SETTLEMENT = 2
local TERMS_PER_PAGE = 79

-- What a bucket keeps when its rule changes: the second byte of an opcode (see rule-change.lua).
local KEEP_USED = 117 -- u
local KEEP_REMAINING = 114 -- r
local KEEP_NOTHING = 102 -- f

-- Kinds of rules that other files than their own must tell apart (see kinds.lua).
local GREEDY = 'g'
local BURST_MAX = 'b'
local CONCURRENCY = '#'
local GUARANTEED = 'q'
local RESERVED_SHARES = 'p'

-- The fifteenth byte of a bucket (see bucket.lua).
local LOWER_A = 97
local LOWER_Z = 122
local UPPER_A = 65
local UPPER_Z = 90
local UPPER_L = 76
local PLUS = 43
local MINUS = 45

-- Logs (see sliding-log.lua and log-blocks.lua): bytes of an entry, and of a block in the index. Entries of a block. Where the time and
-- the units stand in a record. What stands for a shift of 0. How blocks of a bucket and of its uncapped state are told apart.
local ENTRY_BYTES = 14
local BLOCK_BYTES = 18
local BLOCK_ENTRIES = 64
local TIME_AT = 1
local UNITS_AT = 8
local SHIFT_ZERO = 4503599627370496
local OWN_BLOCK = ''
local UNCAPPED_BLOCK = 'u'

-- What a row of the reply contains besides whether the cost is admitted, which is 1 (see calls.lua).
local ROW_LAST = 2
local ROW_CARRIED = 4
local ROW_BLOCKED = 8
local ROW_TERMS = 16
local ROW_RETRY = 32
local ROW_EPOCH = 64
local ROW_REPLACED = 128

-- Every whole number up to this one is exact: 2^53 - 1.
local MAX_SAFE_INTEGER = 9007199254740991
-- Clients read integers next to 2^53 wrongly (ioredis 6 does). Numbers from 2^52 on are replied as text.
local REPLIED_AS_TEXT = 4503599627370496
local LATEST_EPOCH = 4503599627370496
-- Debt of a guaranteed share, in units: 2^40.
local MOST_OWED = 1099511627776
-- For how many periods a child with a guarantee is active after it has asked: this one and the next.
local ACTIVE_PERIODS = 2
-- Limits that were reset as a whole and are remembered, with the buckets of their bans; and for how long: 100 years.
local MOST_GENERATIONS = 64
local GENERATIONS_KEPT_MS = 3162240000000
-- For so long a bucket that starts with less than its capacity is kept at least after it is full: ten minutes.
local IDLE_US = 600000000
-- Keys on the list of blocked keys of one limit.
local MOST_LISTED = 10000
