// Where the rows about the Hendersons came from, and what was set aside on the way. Parameter t is the tenant.
UNWIND [['calls', '{}'], ['crm', '{"tier": "category"}'], ['web', '{}']] AS row
CREATE (:Source {tenant: $t, key: $t + '/' + row[0], source: row[0], mapping: '', fields: row[1],
                 last_ingest_at: '2026-05-04T06:00:00Z'});
UNWIND ['q-1', 'q-2', 'q-3'] AS entry
CREATE (:Quarantined {tenant: $t, key: $t + '/' + entry, quarantine_id: entry, source: 'crm',
                      place: 'crm.csv record maya@example.com', reason: 'holds no value that tells who it is',
                      stage: 'ingest', content: '', quarantined_at: '2026-05-04T06:00:00Z'});
