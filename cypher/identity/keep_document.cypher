// Keep what a matching model holds.
//
// mode     write
// param    tenant        STRING   whose it is
// param    model         KEY      the model's id
// param    model_id      STRING   the same, as it is told
// param    content       STRING   the whole model
// returns  key           STRING   tenant/model_id
// calls    stormgraph match
/*
:params { tenant: 'acme', model: 'acme/0192', model_id: '0192', content: 'a' }
*/
MERGE (d:ModelDocument {key: $model})
SET d.tenant = $tenant, d.model_id = $model_id, d.content = $content
RETURN d.key AS key
