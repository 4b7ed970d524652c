// Design section 5.6: a mapping for collections that have none, said in the same rules.
#include "base/error.h"
#include "mapping/rules_internal.h"

namespace arango2pg::mapping {
namespace {

ColumnRule meta_column(const char* name, Meta meta, const char* type) {
  ColumnRule rule;
  rule.name = name;
  rule.type = type;
  rule.source.word = Word::meta;
  rule.source.meta = meta;
  return rule;
}

Spec automatic(const doc::CollectionInfo& collection, const std::string& target_schema) {
  if (collection.name.size() > 63)
    throw Error(Exit::usage,
                "the collection '" + collection.name + "' has a name of " +
                    std::to_string(collection.name.size()) + " bytes; names of tables end at 63",
                "Write a mapping file that says into which table it goes.");
  auto rules = std::make_shared<Rules>();
  rules->place = Place("automatic mapping of '" + collection.name + "'");
  rules->automatic = true;
  rules->edge = collection.edge;
  TableRules& root = rules->root;
  root.into = {target_schema, collection.name};
  root.key = {"key"};
  root.columns.push_back(meta_column("key", Meta::key, ""));
  root.columns.push_back(meta_column("revision", Meta::revision, "bigint"));
  ColumnRule document;
  document.name = "doc";
  document.type = "jsonb";
  document.source.word = Word::document;
  root.columns.push_back(std::move(document));
  if (collection.edge) {
    const auto end = [&](const char* name, Meta meta) {
      root.columns.push_back(meta_column(name, meta, "text"));
      root.columns.back().required = true;  // an edge without ends is no edge
    };
    end("from_collection", Meta::from_collection);
    end("from_key", Meta::from_key);
    end("to_collection", Meta::to_collection);
    end("to_key", Meta::to_key);
  }

  Spec spec;
  spec.from = collection.name;
  spec.into = root.into;
  spec.create = true;
  spec.key = root.key;
  spec.revision = "revision";
  spec.digest = collection.edge ? "automatic mapping of edges, version 1"
                                : "automatic mapping of documents, version 1";
  spec.rules = std::move(rules);
  return spec;
}

}  // namespace

std::vector<Spec> automatic(const std::vector<doc::CollectionInfo>& collections,
                            const std::string& target_schema) {
  std::vector<Spec> specs;
  for (const doc::CollectionInfo& c : collections) specs.push_back(automatic(c, target_schema));
  return specs;
}

}  // namespace arango2pg::mapping
