/// \file
/// From a profile and a plan to the lines of the report about attributes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doc/profile.h"
#include "mapping/plan.h"
#include "run/report.h"

namespace arango2pg::run {

/// The attributes of a collection, parents before children, with what they fill and what may go
/// wrong. `values`: frequent values and exact ranges may be shown; else their shape is.
void describe_paths(const doc::Profile& profile, const mapping::CollectionPlan& plan, bool values,
                    ReportCollection& out);

/// A text from a document as it can be shown and stored anywhere: NUL and half surrogate pairs
/// become visible escapes, what is no UTF-8 becomes U+FFFD.
std::string shown_text(std::string_view text);

/// `value` rounded away from zero (`up`) or towards it to two digits: tells the size, not the
/// value.
double rounded_outward(double value, bool up);

}  // namespace arango2pg::run
