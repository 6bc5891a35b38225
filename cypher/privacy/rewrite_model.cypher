// Keep a model without the values that were erased; it stays the model it was.
//
// mode     write
// param    tenant        STRING   whose it is
// param    model         KEY      the model
// param    content       STRING   the whole model
// returns  model_id      STRING   its id
// calls    DELETE /v1/persons/{person_id}
/*
:params { tenant: 'acme', model: 'acme/0192', content: 'a' }
*/
MATCH (m:Model {key: $model})
REMOVE m.content
MERGE (d:ModelDocument {key: $model})
SET d.tenant = $tenant, d.model_id = m.model_id, d.content = $content
RETURN m.model_id AS model_id
