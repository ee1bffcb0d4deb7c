-- SPDX-License-Identifier: Apache-2.0
-- A table of as many rows as the table "work" says in memory: inserts in one transaction, an index, joins, sums over groups, updates, deletes.
CREATE TABLE item(id INTEGER PRIMARY KEY, owner INTEGER, price INTEGER, name TEXT);
CREATE TABLE owner(id INTEGER PRIMARY KEY, name TEXT);
BEGIN;
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT value FROM work) / 20)
    INSERT INTO owner SELECT i, printf('owner %05d', i) FROM n;
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT value FROM work))
    INSERT INTO item SELECT i, 1 + i * 7919 % ((SELECT value FROM work) / 20), i * 104729 % 10007, hex(i * 65537) FROM n;
COMMIT;
CREATE INDEX item_owner ON item(owner);
CREATE INDEX item_name ON item(name, price);
SELECT count(*), sum(price), min(name), max(name) FROM item;
SELECT owner.name, count(*), sum(price) AS total FROM item JOIN owner ON owner.id = item.owner
    GROUP BY owner.id ORDER BY total DESC, owner.name LIMIT 10;
SELECT substr(name, 1, 2) AS head, count(*) FROM item WHERE name LIKE '%A%' GROUP BY head ORDER BY head LIMIT 20;
UPDATE item SET price = price + 1 WHERE owner % 3 = 0;
DELETE FROM item WHERE id % 5 = 0;
SELECT a.id, b.id FROM item a JOIN item b ON b.name > a.name AND b.price = a.price + 1 AND b.owner = a.owner
    ORDER BY a.id, b.id LIMIT 5;
SELECT sum(price), total(length(name)) FROM item;
