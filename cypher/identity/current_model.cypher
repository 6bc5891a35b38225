// The matching model in use.
//
// mode     read
// param    after         KEY ='' where the tenant's models begin
// param    end           END      where they end
// returns  model_id      STRING   its id
// returns  content       STRING   the whole model
// returns  fingerprint   STRING   hash of the fields it was trained on
// returns  trained_at    STRING   when
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (m:Model)
WHERE m.key > $after AND m.key < $end AND m.current
WITH m
ORDER BY m.key DESC
LIMIT 1
OPTIONAL MATCH (d:ModelDocument {key: m.key})
RETURN m.model_id AS model_id, coalesce(d.content, m.content) AS content, m.fingerprint AS fingerprint,
       m.trained_at AS trained_at
