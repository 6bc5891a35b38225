// Say of a matching model, whose document is kept beside it, that it is the one in use.
//
// mode     write
// param    tenant        STRING   whose it is
// param    model         KEY      the model's id
// param    content       MAP      model_id, trained_at, fingerprint
// param    after         KEY ='' where the tenant's models begin
// param    end           END      where they end
// returns  key           STRING   tenant/model_id
// calls    stormgraph match
/*
:params { tenant: 'acme', model: 'acme/0192', after: 'acme/', end: 'acme0', content: { model_id: '0192' } }
*/
MERGE (m:Model {key: $model})
SET m.tenant = $tenant, m += $content, m.current = true
WITH m
OPTIONAL MATCH (old:Model)
WHERE old.key > $after AND old.key < $end AND old.key <> $model AND old.current
SET old.current = false
RETURN DISTINCT m.key AS key
