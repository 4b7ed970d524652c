/// \file
/// What a load does after the last row, done over samples of the rows and timed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pg/copy_session_internal.h"
#include "pg/inspect.h"
#include "pg/probe.h"

namespace arango2pg::pg {

struct ProbeSample {
  TableName real;
  TableName table;  ///< temporary, holds rows of `real`
  std::vector<IndexInfo> indexes;
  bool created = false;  ///< `real` does not exist yet
};

/// Builds the indexes, runs ANALYZE and asks the materialized views' queries, all over the samples,
/// which bear other names and further indexes afterwards. What can't be done (a role may lack the
/// right to read what a view reads) goes to `notes`. Throws Refused.
ProbedTarget measure_samples(CopySession& session, std::span<const ProbeSample> samples,
                             std::vector<std::string>& notes);

}  // namespace arango2pg::pg
