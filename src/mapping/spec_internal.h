/// \file
/// Private to mapping/ and its tests.
#pragma once

#include <string>

#include "mapping/spec.h"
#include "mapping/yaml_tree.h"

namespace arango2pg::mapping {

/// A mapping from a YAML tree; `file` is for messages and for the paths of JSON Schemas.
Spec read_spec(const Yaml& root, const std::string& file);

}  // namespace arango2pg::mapping
