// Every number of the file format, and nothing else. FORMAT.md draws what these name; a test holds the two together.
// Words are 32-bit little-endian, doubles are IEEE 754 little-endian on an even word. `W` in a name means: counted in words.

export const FORMAT_VERSION = 1;
export const MAGIC_LOW = 0x5350414d; // "MAPS"
export const MAGIC_HIGH = 0x454e4f54; // "TONE"

export const PAGE_BYTES = 4096;
export const SECTOR_BYTES = 512;

/** The head of the file: two superblock slots (a page each), the control block, the openers' page. Segments follow. */
export const HEAD_BYTES = 4 * PAGE_BYTES;
export const SUPERBLOCK_SLOTS = [0, PAGE_BYTES] as const;
/** Each slot is written twice, in two sectors: one bad sector does not cost a completed flush. */
export const SUPERBLOCK_COPIES = [0, SECTOR_BYTES] as const;
export const CONTROL_OFFSET = 2 * PAGE_BYTES;

/** Superblock, 32 words. */
export const Super = {
  CHECKSUM: 0, // XXH32 of words 1..31
  MAGIC_LOW: 1,
  MAGIC_HIGH: 2,
  VERSION: 3,
  FEATURES: 4, // bits a reader must know; none yet
  SEGMENT_SHIFT: 5, // log2 of the segment size
  MODE: 6, // 0: a store, 1: a cache
  CAPACITY: 7, // segments
  FLUSH: 8, // double: number of the last completed flush
  REVISION: 10, // double: number of this writing of the superblock
  HASH_KEY_0: 12,
  HASH_KEY_1: 13,
  TABLE_SUM: 14, // sum of the checksums of all durable table slots, modulo 2^32
  CLEAN: 15, // 1: closed cleanly, index and control block are synced
  CLEAN_SUM: 16, // CRC-32 of control block, table and index at the clean close
  CREATED: 18, // double: ms since 1970
  PLACE: 20, // 2 words: SHA-256 of inode and birth time of the file that was closed cleanly
  WORDS: 32,
} as const;

export const MODE_STORE = 0;
export const MODE_CACHE = 1;

/**
 * Control block: what the running processes share. Means nothing after a power cut. By cache line: what every write stores, what readers load,
 * what a flush stores, identity, steps.
 */
export const Control = {
  LOCK: 0, // writer lock: 0 free, else the holder's generation and token
  LAST_WRITER: 1, // token of the opener that held the lock last
  INTENT: 2, // kind of the operation under way, 0 if none
  PROGRESS: 3, // which step of it
  INTENT_LOCATION: 4, // first record, or the bucket
  INTENT_COUNT: 5, // records
  INTENT_SEQUENCE: 6, // double: of the first record
  NEXT_SEQUENCE: 8, // double
  OPEN_SEGMENT: 10, // the segment that records are appended to, 0 if none
  COUNT: 11, // entries
  TOMBSTONE_BYTES: 12,
  CHANGES: 14, // double: operations that took effect since the last recovery from the log; goes up while INTENT is set
  CAPACITY: 16, // segments, published last when growing
  EPOCH: 17, // of the index; odd while it is emptied
  BUCKETS: 18, // buckets in the table
  OVERFLOW_NEXT: 19, // overflow buckets ever handed out
  OVERFLOW_FREE: 20, // head of the list of free ones, 0 if none
  STRUCTURE: 21, // goes up whenever a segment is taken or freed
  POISON: 22, // a sync failed
  ESTABLISHED: 23, // 1 once a session has durably taken the clean mark away
  GENERATIONS: 24, // openers there ever were in this session
  SESSION: 25, // drawn at random when the session began
  FLUSH_LOCK: 32, // flusher lock, as LOCK
  FLUSHED_STRUCTURE: 33, // STRUCTURE as the last completed flush found it
  DURABLE_FLUSH: 34, // double
  LAST_FLUSH: 36, // double: highest flush number ever begun
  FLUSHED_SEQUENCE: 38, // double: NEXT_SEQUENCE as the last completed flush found it
  ZEROED: 40, // double: up to this byte of the file what lies past its capacity is allocated, and zero
  VICTIM: 42, // segment that is being cleaned, 0 if none
  VICTIM_OFFSET: 43, // bytes of it that are done
  VICTIM_TOMBSTONES: 44, // bytes of tombstones met in it
  VICTIM_RULE: 45, // a Rule
  LOCK_WAITS: 46, // of openers that have left
  REPAIRS: 47, // as LOCK_WAITS
  RETRIES: 48, // as LOCK_WAITS
  IDENTITY: 50, // 8 words: SHA-256 of boot, device, inode, birth, disk sequence
  STEPS: 64, // two steps of STEP_WORDS
  MORE_OPEN: 80, // cache: open segments of append points 1 to 7
  POINT: 87, // cache: append point that was written to last
  EVICTIONS: 88, // double: entries evicted, ever
  EXPIRATIONS: 90, // double: entries that expired and were removed, ever
  SWEPT: 92, // double: ms since 1970 when the last sweep began
  GHOSTED: 94, // double: bytes of the records whose keys were remembered when they were evicted, ever: the clock of ghosts
  GHOST_CREDIT: 96, // double: bytes that it need not count: of ghosts whose key came back
  WORDS: 98,
} as const;

/** What becomes of what lives in the victim: all of it and its tombstones are copied; the tombstones can go, since no segment is older; what is read too seldom goes. */
export const Rule = { KEEP_ALL: 0, DROP_TOMBSTONES: 1, EVICT: 2 } as const;

/** Append points of a cache: each has an open segment, whose label says what goes there. A store has one. */
export const POINTS = 8;
/** Labels of a cache's log segments: the small queue, the main queue, and from here on the small queue's classes of like TTL. */
export const Label = { SMALL: 0, MAIN: 1, FIRST_CLASS: 2 } as const;

/** One step of an operation under way: values as they are after it. */
export const Step = {
  LOCATION: 0, // of the record
  COUNT: 1,
  OLD_SEGMENT: 2, // segment of the record it replaces, 0 if none
  OLD_LIVE: 3, // live bytes of that segment, after
  NEW_LIVE: 4, // live bytes of the record's segment, after
  TOMBSTONE_BYTES: 5,
  OLD_CHAIN: 6, // first segment of the replaced value's chain, 0 if none
  WORDS: 8,
} as const;

export const Intent = { NONE: 0, APPLY: 1, SPLIT: 2, CLEAR: 3, DROP: 4, FREE: 5 } as const;

/**
 * Kernel locks, in bytes of the lock range (past any file's end): OPEN is held while opening and closing, READERS shared by who only reads, EXCLUSIVE by an
 * opener that wants to be alone; each opener holds a byte of its own from OPENERS on, by which the kernel tells who is alive.
 */
export const LockByte = { OPEN: 0, READERS: 1, EXCLUSIVE: 2, OPENERS: 16 } as const;
export const MAX_OPENERS = 256;
/** A lock word: the holder's generation, above its token, which is its slot and 1. */
export const TOKEN_BITS = 9;
/** The openers' page, 4 words a slot: what each opener counts, and who it is. */
export const OPENERS_OFFSET = 3 * PAGE_BYTES;
export const Opener = { LOCK_WAITS: 0, REPAIRS: 1, RETRIES: 2, WORD: 3, WORDS: 4 } as const;

/** Segments: powers of two. Their table: an entry of 128 bytes each, in the first segment of each group. */
export const MIN_SEGMENT_SHIFT = 12;
export const MAX_SEGMENT_SHIFT = 24;
export const DEFAULT_SEGMENT_SHIFT = 20;
export const MIN_SEGMENTS = 16;
/** A new file starts with this many: a table, an index, a log segment and a spare one. */
export const INITIAL_SEGMENTS = 4;
export const ENTRY_SHIFT = 7;
export const ENTRY_WORDS = 32;

export const SegmentKind = { FREE: 0, LOG: 1, INDEX: 2, OVERFLOW: 3, CHAIN: 4 } as const;

/** Table entry, current part: true while memory is intact. */
export const Entry = {
  KIND: 0,
  GENERATION: 1,
  LENGTH: 2, // bytes in use
  LIVE: 3, // bytes of live records and tombstones
  NEXT: 4, // chain: next segment; index and overflow: ordinal; log of a cache: label
  EXPIRING: 5, // log: bytes of records with an expiry; chain head: location of its record
  BASE_SEQUENCE: 6, // double: no record in it is older
  LAST_EXPIRY: 8, // double: ms, latest of its expiries
  GATE: 10, // double: free: the flush that must have completed before it is handed out again; log: ms, when to look for what has expired
  SLOT_0: 12,
  SLOT_1: 22,
} as const;

/** Table entry, durable slot, 10 words: what a flush wrote down. */
export const Slot = {
  CHECKSUM: 0, // XXH32 of words 1..9 seeded with the segment's number, never 0
  KIND: 1,
  FLUSH: 2, // double
  GENERATION: 4,
  LENGTH: 5,
  BASE_SEQUENCE: 6, // double
  NEXT: 8,
  WORDS: 10,
} as const;

/** Locations count 16 bytes from the first segment: 64 GiB at most. */
export const LOCATION_SHIFT = 4;
export const RECORD_ALIGN = 1 << LOCATION_SHIFT;
export const MAX_DATA_BYTES = 2 ** 32 * RECORD_ALIGN;
/** No view is longer, so that every index into one stays a small integer. */
export const MAX_REGION_BYTES = 2 ** 30;

/** Record header, 6 words, then 2 more if it expires, then key (padded to a word) and value. */
export const Rec = {
  CHECKSUM: 0, // of the words from 1 to the value's end
  GENERATION: 1, // of the segment
  SEQUENCE: 2, // double
  META: 4, // key length : 16 | value kind : 4 | flags : 4 | parity : 8
  VALUE_LENGTH: 5,
  EXPIRY: 6, // double, only with Flag.EXPIRES
  HEADER_WORDS: 6,
} as const;

export const KIND_SHIFT = 16;
export const PARITY_SHIFT = 24;
export const Flag = {
  UTF16_KEY: 1 << 20,
  EXPIRES: 1 << 21,
  USER: 1 << 22, // kept for adapters
  CHAINED: 1 << 23, // the value lies in a chain; the record holds ChainRef
} as const;
/** Value kind of a record that says: this key is gone. */
export const TOMBSTONE = 0;

/** What a chained record holds in place of its value: 4 words. */
export const ChainRef = { SEGMENT: 0, GENERATION: 1, CRC: 2, WORDS: 4 } as const;

/** Records longer than this carry a CRC-32 in place of XXH32: native code wins there. */
export const BULK_CHECKSUM_BYTES = 2048;

export const MAX_KEY_BYTES = 65535;
export const MAX_VALUE_BYTES = 2 ** 30;

/** Bucket: 16 words, one cache line. Version and link, then 7 slots of tag and location. */
export const BUCKET_WORDS = 16;
export const BUCKET_SHIFT = 6;
export const BUCKET_SLOTS = 7;
export const Bucket = { VERSION: 0, LINK: 1, SLOTS: 2 } as const;
/** A tag: 30 bits of hash, 2 bits of frequency. */
export const TAG_MASK = ~3;
export const MAX_FREQUENCY = 3;
/** Slots per bucket, on average, above which the table grows by a bucket; of a cache, whose empty slots remember what was evicted. */
export const SLOTS_BEFORE_SPLIT = 4.5;
export const CACHE_SLOTS_BEFORE_SPLIT = 2;
/** A ghost, the tag word of an empty slot: 22 bits of the key's hash, the 8 low bits of the clock when it was evicted, and a mark. */
export const GHOST_MASK = ~1023;
export const GHOST_AGE_SHIFT = 2;
export const GHOST_AGE_MASK = 255;
export const GHOST_MARK = 1;
/** A ghost counts for this many ticks of the clock, in which keys of as many bytes are remembered as the main queue has. */
export const GHOST_TICKS = 64;
