/// \file
/// What a source has beside documents - indexes, expiry, validation rules, computed values, graphs,
/// views - and what becomes of each under a plan.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "doc/ports.h"
#include "pg/inspect.h"
#include "run/plan_run.h"
#include "run/report.h"

namespace arango2pg::run {

/// `tables`: the target's, as inspected; without a target empty.
std::vector<ReportThing> describe_things(const doc::SourceDetails& details, const RunPlan& plan,
                                         const std::map<TableName, pg::TableInfo>& tables);

/// Names of tables and columns to be created that SQL must quote, or that differ only in case.
std::vector<std::string> describe_names(const RunPlan& plan);

/// Why SQL must write the name in quotes: "is a reserved word", "has capital letters" …; "" = it
/// need not.
std::string why_quoted(const std::string& name);

}  // namespace arango2pg::run
