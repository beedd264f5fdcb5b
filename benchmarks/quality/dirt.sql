-- One fault for each expectation that can have one; what forbids it goes first.
ALTER TABLE price_history DROP CONSTRAINT price_history_pkey, ALTER url_id DROP NOT NULL, ALTER checked_at DROP NOT NULL;
DROP INDEX price_history_url_time;
ALTER TABLE monitored_urls DROP CONSTRAINT monitored_urls_url_key;
UPDATE price_history SET price = NULL WHERE url_id % 10 = 3;
UPDATE price_history SET seller = NULL, availability = 'gone', currency = 'EUR', extraction_confidence = 7
WHERE url_id = 11;
UPDATE price_history SET price = -1, pix_price = 5, old_price = -2 WHERE url_id = 12;
UPDATE price_history SET price = 20001, seller = 'ab' WHERE url_id = 14;
UPDATE price_history SET price = 19000 WHERE url_id % 10 = 5;
UPDATE price_history SET seller = 'seller ' || (url_id * 7) WHERE url_id % 3 = 0 AND url_id NOT IN (11, 12, 14);
UPDATE price_history SET url_id = 999999 WHERE url_id = 17;
UPDATE price_history SET extraction_confidence = 0.2
WHERE url_id IN (SELECT id FROM monitored_urls WHERE domain NOT IN ('shop3.example', 'shop11.example'));
INSERT INTO price_history SELECT * FROM price_history WHERE url_id = 20;
DELETE FROM price_history WHERE checked_at > now() - interval '30 hours';
INSERT INTO price_history (id, url_id, checked_at) VALUES (gen_random_uuid(), 1, now() + interval '1 day');
UPDATE monitored_urls SET url = 'ftp' || id WHERE id < 5;
INSERT INTO monitored_urls SELECT id + 10000, url || '/', domain, active, last_check FROM monitored_urls WHERE id = 30;
ALTER TABLE price_history ALTER availability TYPE varchar(40);
