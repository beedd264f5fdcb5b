CREATE TABLE leads (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  source text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX leads_by_source ON leads (source, created_at);
CREATE TABLE lead_contacts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lead_id bigint NOT NULL REFERENCES leads ON DELETE CASCADE,
  email text NOT NULL
);
CREATE INDEX lead_contacts_by_lead ON lead_contacts (lead_id);

INSERT INTO leads (name, source, created_at)
SELECT 'Project ' || n, (ARRAY['government_bids', 'city_permits', 'news_feed', 'phoenix_permits'])[1 + n % 4],
  now() - interval '5 hours' - (1300 - n) * interval '400 minutes'
FROM generate_series(1, 1300) n;
INSERT INTO lead_contacts (lead_id, email)
SELECT id, 'office' || id || '@builder.example' FROM leads WHERE id % 3 = 0;
