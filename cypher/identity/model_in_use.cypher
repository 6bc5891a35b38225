// Which matching model is in use, without the model itself.
//
// mode     read
// param    after         KEY ='' where the tenant's models begin
// param    end           END      where they end
// returns  model_id      STRING   its id
// returns  blocks        LIST     by which of its blocking rules rows are put into blocks; null until some are
// calls    POST /v1/identity/merge
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (m:Model)
WHERE m.key > $after AND m.key < $end AND m.current
RETURN m.model_id AS model_id, m.blocks AS blocks
ORDER BY m.key DESC
LIMIT 1
