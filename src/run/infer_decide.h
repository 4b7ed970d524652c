/// \file
/// From what was seen to what is to be created. Pure: no source, no files.
#pragma once

#include <set>
#include <string>

#include "doc/ports.h"
#include "run/infer_indexes.h"
#include "run/infer_model.h"
#include "run/infer_names.h"
#include "run/infer_survey.h"

namespace arango2pg::run {

struct DecideOptions {
  std::string schema = "public";  ///< of the target
  NameStyle names = NameStyle::keep;
  bool postgis = false;  ///< geo indexes over PostGIS instead of point
};

/// Tables, columns, indexes, graphs and notes. Only decisions: pack, source, out and the like are
/// left to the caller.
InferredSchema decide(const Surveyed& seen, const doc::SourceDetails& details,
                      const DecideOptions& options);

// -- the steps, in their order; each fills its part of `out`

/// Tables with their columns, which no document that was seen is refused by.
void decide_tables(const Surveyed& seen, const doc::SourceDetails& details,
                   const DecideOptions& options, NameBook& relations, InferredSchema& out);
/// What the collections' rules and generators say beside (infer_rules.cpp).
void decide_rules(const Surveyed& seen, const doc::SourceDetails& details, NameBook& relations,
                  InferredSchema& out);
/// Indexes, expiry and search views (infer_indexes.cpp).
void decide_indexes(const Surveyed& seen, const doc::SourceDetails& details,
                    const DecideOptions& options, NameBook& relations, InferredSchema& out);
/// Foreign keys of edges, and views that walk named graphs (infer_graphs.cpp).
void decide_graphs(const Surveyed& seen, const doc::SourceDetails& details, NameBook& relations,
                   InferredSchema& out);

/// JSON Schema (draft 7) of the documents that were seen; `title` is the collection's name.
std::string observed_schema(const doc::Profile& profile, const std::string& title, bool sampled);

}  // namespace arango2pg::run
