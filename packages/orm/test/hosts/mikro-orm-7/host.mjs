// From here, so that it is this folder's MikroORM.
export * as core from '@mikro-orm/core';
export * as libsql from '@mikro-orm/libsql';
