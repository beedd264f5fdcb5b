-- A table shaped like pricewatch's price_history. {rows} is put in by quality.py.
CREATE TABLE monitored_urls (
    id bigint PRIMARY KEY, url text NOT NULL UNIQUE, domain text NOT NULL, active boolean NOT NULL, last_check timestamptz
);
INSERT INTO monitored_urls
SELECT n, format('https://shop%s.example/products/%s', n % 40, n), format('shop%s.example', n % 40), true, now()
FROM generate_series(1, 5000) AS n;
CREATE TABLE price_history (
    id uuid PRIMARY KEY, url_id bigint NOT NULL, price numeric(10, 2), old_price numeric(10, 2),
    pix_price numeric(10, 2), availability text, seller text, checked_at timestamptz NOT NULL,
    extraction_confidence float8, currency text
);
INSERT INTO price_history
SELECT gen_random_uuid(), 1 + n % 5000, CASE WHEN random() >= 0.03 THEN price END, price * 1.1, price * 0.95,
       (ARRAY['in stock', 'sold out', 'preorder', 'unknown'])[1 + n % 4], 'seller ' || n % 500,
       now() - interval '90 days' * n / {rows}, CASE WHEN random() >= 0.01 THEN 0.85 + random() * 0.15 END,
       (ARRAY['BRL', 'USD'])[1 + n % 2]
FROM (SELECT n, round((10 + random() * 2500)::numeric, 2) AS price FROM generate_series(1, {rows}) AS n) AS made;
CREATE UNIQUE INDEX price_history_url_time ON price_history (url_id, checked_at);
CREATE INDEX price_history_checked_at ON price_history (checked_at);
