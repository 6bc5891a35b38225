CREATE CONSTRAINT model_document_key IF NOT EXISTS FOR (n:ModelDocument) REQUIRE n.key IS UNIQUE;
