// What tables a select is seen to read.
import { expect, it } from 'vitest';
import { tablesIn } from '../src/drizzle-tables.js';

it.each([
  ['select "id" from "users"', ['users']],
  ['select * from "a"."users" "u" left join "posts" on "u"."id" = "posts"."user_id"', ['a.users', 'posts']],
  ['select * from `d`.`users` inner join lateral (select 1 from `posts`) `p`', ['d.users', 'posts']],
  ['select * from [dbo].[users]', ['dbo.users']],
  ['select * from "c"."s"."t"', ['s.t']],
  ['with "x" as (select "id" from "users") select * from "x"', ['users', 'x']],
  ['(select "a" from "t") union all (select "b" from ("u" cross join "v"))', ['t', 'u', 'v']],
  ['select (select count(*) FROM\n Users) from "posts"', ['Users', 'posts']],
  ['select * from only "it""s"."a.b"', ['it"s.a.b']],
  ['select * from "größe" join straße', ['größe', 'straße']],
  ['select "from" , "join" as "x"', []],
  ['select 1', []],
])('%s', (sql, tables) => {
  expect(tablesIn(sql)).toEqual(tables);
});
