MATCH (m:Model)
WHERE m.content IS NOT NULL
MERGE (d:ModelDocument {key: m.key})
SET d.tenant = m.tenant, d.model_id = m.model_id, d.content = m.content
REMOVE m.content;
