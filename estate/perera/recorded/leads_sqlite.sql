PRAGMA foreign_keys = ON;
CREATE TABLE leads (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  created_at TEXT NOT NULL,
  quality_score REAL
);
CREATE INDEX leads_by_source ON leads (source, created_at);
CREATE TABLE lead_contacts (
  id INTEGER PRIMARY KEY,
  lead_id INTEGER NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
  email TEXT NOT NULL
);
CREATE INDEX lead_contacts_by_lead ON lead_contacts (lead_id);
CREATE TABLE leads_archive (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  created_at TEXT NOT NULL,
  quality_score REAL,
  archived_at TEXT NOT NULL
);
CREATE TABLE purges (purged_at TEXT NOT NULL, leads INTEGER NOT NULL);

-- Two and a half years of leads, one every 400 minutes, the newest of them five hours old; scores from 60 to 84.
WITH RECURSIVE lead (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM lead WHERE id < 3300)
INSERT INTO leads
SELECT id, 'Project ' || id, CASE id % 4 WHEN 0 THEN 'government_bids' WHEN 1 THEN 'city_permits'
  WHEN 2 THEN 'news_feed' ELSE 'phoenix_permits' END,
  datetime('now', '-5 hours', ((id - 3300) * 400) || ' minutes'), 60 + id * 7 % 25
FROM lead;
INSERT INTO lead_contacts (lead_id, email)
SELECT id, 'office' || id || '@builder.example' FROM leads WHERE id % 3 = 0;

-- What the quarterly commands did since: archive-leads --older-than 365, purge-archived-leads --older-than 730.
INSERT INTO leads_archive
SELECT *, datetime('now', '-20 days') FROM leads WHERE created_at < datetime('now', '-365 days');
DELETE FROM leads WHERE id IN (SELECT id FROM leads_archive);
INSERT INTO purges
SELECT datetime('now', '-20 days'), count(*) FROM leads_archive WHERE created_at < datetime('now', '-730 days');
DELETE FROM leads_archive WHERE created_at < datetime('now', '-730 days');
VACUUM;
