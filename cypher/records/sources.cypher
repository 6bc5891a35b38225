// The systems that records come from, with the mapping of their columns.
//
// mode     read
// param    after           KEY ='' start behind this source
// param    end             END      where the tenant's sources end
// param    limit           INTEGER =1000 how many at most
// returns  source          STRING   the system's name
// returns  mapping         STRING   how its columns became ours (TOML)
// returns  fields          STRING   the matching type of every field (a JSON object)
// returns  last_ingest_at  STRING   when it last gave us rows
// calls    stormgraph ingest
// calls    GET /v1/sources
/*
:params { after: 'acme/', end: 'acme0', limit: 1000 }
*/
MATCH (s:Source)
WHERE s.key > $after AND s.key < $end
RETURN s.source AS source, s.mapping AS mapping, s.fields AS fields, s.last_ingest_at AS last_ingest_at
ORDER BY s.key
LIMIT $limit
