// Every matching model that is kept, in use or not.
//
// mode     read
// scans    the tenant's models, which are few
// param    after         KEY ='' where the tenant's models begin
// param    end           END      where they end
// returns  model_id      STRING   its id
// returns  content       STRING   the whole model
// calls    DELETE /v1/persons/{person_id}
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (m:Model)
WHERE m.key > $after AND m.key < $end
WITH m
OPTIONAL MATCH (d:ModelDocument {key: m.key})
RETURN m.model_id AS model_id, coalesce(d.content, m.content) AS content
ORDER BY m.key
