// Remember a source: how its columns became ours, and when it last gave us rows.
//
// mode     write
// param    tenant        STRING   whose it is
// param    source        KEY      the source's name
// param    name          STRING   the same, as a value
// param    mapping       STRING   the mapping (TOML)
// param    fields        STRING   the matching type of every field (a JSON object)
// param    ingest        STRING   which ingest says so
// param    now           STRING   now (ISO 8601, UTC)
// returns  first         BOOLEAN  whether this ingest is the first that the source ever had
// calls    stormgraph ingest
/*
:params { tenant: 'acme', source: 'acme/crm', name: 'crm', mapping: '', fields: '{}', ingest: '0192', now: '2026-11-21T12:00:00Z' }
*/
MERGE (s:Source {key: $source})
ON CREATE SET s.first_ingest = $ingest
SET s.tenant = $tenant, s.source = $name, s.mapping = $mapping, s.fields = $fields, s.last_ingest_at = $now
RETURN coalesce(s.first_ingest = $ingest, false) AS first
